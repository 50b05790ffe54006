"""People are notified: typed as a person does, by an API and a relay that run."""

import json
from pathlib import Path

from astrolabe.cli.servers.postgres import Postgres
from tests.cli.conftest import an_astrolabe
from tests.cli.test_commands import astrolabe
from tests.store.stage import eventually
from tests.waiting import until
from tests.workers.receiver import Receiver


async def test_a_person_adds_tries_and_removes_a_contact(
    postgres_server: Postgres, template_database: str, tmp_path: Path
) -> None:
    """From a URL in a file to a message that arrives, what became of it, and its end; and the URL is in no log."""
    place = tmp_path / "secrets" / "team.apprise"
    place.parent.mkdir()
    async with (
        an_astrolabe(postgres_server, template_database, tmp_path) as (_, environment),
        Receiver.listening() as chat,
    ):
        place.write_text(f"json://bot:hunter2@127.0.0.1:{chat.port}/hook\n")

        async def run(*words: str) -> str:
            ended = await astrolabe("notify", *words, **environment)
            assert ended.returncode == 0, ended.stderr
            return ended.stdout

        hours = ("--quiet", "22:00-07:00", "--digest", "08:00", "--time-zone", "Europe/Berlin")
        assert "team is notified" in await run("add", "team", f"file:{place}", "--on", "unwell", *hours)
        assert "is on its way" in await run("test", "team", "--reason", "it is new")
        await until(lambda: bool(chat.got))
        assert chat.got[0].told["title"] == "Astrolabe: messages arrive"

        async def delivered() -> bool:
            return "delivered" in await run("notices", "team")

        await eventually(delivered)
        assert "22:00 to 07:00" in await run("show", "team")
        assert "team is changed" in await run("change", "team", "--quiet", "none", "--on", "all", "--instance", "all")
        (shown,) = map(json.loads, (await run("show", "team", "--json")).splitlines())
        assert (shown["quiet"], shown["occasions"], shown["digests"]) == (None, [], ["08:00"])
        for words in ("list", "show team", "notices team", "occasions"):
            assert [json.loads(line) for line in (await run(*words.split(), "--json")).splitlines()], words
        assert "team is removed" in await run("remove", "team", "--yes")
        typed = await astrolabe("notify", "add", "chat", "json://bot:hunter2@chat.example/", **environment)
        assert (typed.returncode, "hunter2" in typed.stderr) == (2, False)
        assert "a secret itself" in typed.stderr
    logs = "".join(each.read_text("utf-8") for each in tmp_path.glob("*.log"))
    assert "follows the log" in logs
    assert "hunter2" not in logs
