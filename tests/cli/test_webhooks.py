import json
import re

from tests.cli.test_commands import astrolabe
from tests.store.stage import eventually
from tests.workers.receiver import Receiver


async def test_a_person_adds_tries_and_removes_a_webhook(relayed: dict[str, str]) -> None:
    """From adding it to a ping that arrives, what was answered, another secret, and its end, all by commands."""

    async def run(*words: str) -> str:
        ended = await astrolabe("webhook", *words, **relayed)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    async with Receiver.listening() as receiver:
        secret = await run("add", "chat", receiver.url, "--type", "astrolabe.ping")
        assert secret.startswith("whsec_")
        assert "is on its way" in await run("test", "chat")
        (ping,) = await receiver.gets(1, seconds=30)

        async def answered() -> bool:
            told = await run("attempts", "chat", ping.id)
            return re.search(r"  200 +\d+ ms  ok\nastrolabe.ping is delivered\n$", told) is not None

        await eventually(answered)
        assert "0 deliveries are sent again" in await run("redeliver", "chat", "--since", "2020-01-01T00:00:00Z")
        other = await run("rotate", "chat", "--reason", "every year")
        assert secret != other
        assert "well" in await run("list")
        for words in ("list", "show chat", "deliveries chat", "types"):
            values = [json.loads(line) for line in (await run(*words.split(), "--json")).splitlines()]
            assert values, words
        assert "chat is removed" in await run("remove", "chat", "--yes")
    refused = await astrolabe("webhook", "add", "meta", "http://169.254.169.254/", **relayed)
    assert (refused.returncode, refused.stderr.count("\n"), "not public" in refused.stderr) == (2, 1, True)
