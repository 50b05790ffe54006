"""What a person types, and what they are told."""

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from signal import SIGINT

import asyncpg
import httpx
import pytest
import pytest_asyncio

from astrolabe.cli.checkup import checkup
from astrolabe.cli.commands.up import greet
from astrolabe.cli.own_python import run_astrolabe
from astrolabe.cli.ready import until_ready
from astrolabe.cli.servers.folder import DataFolder
from astrolabe.cli.servers.postgres import Postgres
from astrolabe.domain.access import SCOPES, AccessRecovered
from astrolabe.domain.recorded import Cause
from astrolabe.domain.streams import ACCESS_STREAM
from astrolabe.store.database import Database
from astrolabe.store.log.log import Log
from astrolabe.store.streams.tokens import Tokens
from astrolabe.workers.programs.shell import Finished, supervise
from tests.cli.terminal import at_terminal
from tests.cli.typed import piped
from tests.databases import empty_log
from tests.ports import free_port
from tests.waiting import until

UPGRADE = "01a205ed-b9df-7372-8351-5238dbf134f3"


async def astrolabe(*words: str, **environment: str) -> Finished:
    """Run a command as a person would."""
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **environment}
    return await piped(*words, env=env)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reached(
    postgres_server: Postgres, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[dict[str, str]]:
    """The environment that reaches a real API, the same for all tests here."""
    bind = f"127.0.0.1:{free_port()}"
    async with empty_log(postgres_server, template_database) as url:
        async with Database(url, pool_size=1) as database:
            token = await Tokens(Log(database)).issue("alice", SCOPES, Cause("test", "to begin", "cli"))
        argv = run_astrolabe("api", "--bind", bind)
        log = tmp_path_factory.mktemp("api") / "api.log"
        api = supervise(argv, env={**os.environ, "DATABASE_URL": url}, log=log)
        await until_ready(f"http://{bind}")
        yield {"ASTROLABE_URL": f"http://{bind}", "ASTROLABE_TOKEN": token.secret}
        await api.stop()


REGISTER = ("register", "flags", "--product", "unleash", "--version", "5.6.0", "--port", "4242")

BAD = {
    "no token": (("instances",), {"ASTROLABE_TOKEN": ""}, "ASTROLABE_TOKEN"),
    "wrong token": (("instances",), {"ASTROLABE_TOKEN": "astro_wrong"}, "No token in use"),
    "nobody there": (("instances",), {"ASTROLABE_URL": "http://127.0.0.1:1"}, "No Astrolabe answers"),
    "unknown instance": (("upgrade", "nobody", "6.10.1"), {}, "nobody"),
    "a path for an instance": (("show", "../tokens"), {}, "knows nothing by this name"),
    "no version": (("upgrade", "flags", "1.0.0;ls"), {}, "target"),
    "an option for a version": (("upgrade", "flags", "--", "--registry=x"), {}, "target"),
    "unknown upgrade": (("watch", UPGRADE), {}, "upgrade"),
    "a password carried": (
        (*REGISTER, "--database", "postgresql://u:secret-word@127.0.0.1/d"),
        {},
        "--password-from",
    ),
    "no database": ((*REGISTER, "--database", "mysql://u@h/d"), {}, "postgresql://"),
    "a strange secret": (
        (*REGISTER, "--database", "postgresql://u@127.0.0.1/d", "--password-from", "env:PATH"),
        {},
        "--password-from must be",
    ),
    "unknown product": (("register", "x", "--product", "nope", "--version", "1.0.0", "--port", "1"), {}, "nope"),
    "no product": (("register", "x", "--port", "1"), {}, "--product"),
    "no such folder": (("register", "x", "--project-folder", "/no/where"), {}, "/no/where"),
    "no such command": (("upgarde",), {}, "upgarde"),
    "no database url": (("api",), {"DATABASE_URL": ""}, "--database-url"),
    "no log to make a token in": (
        ("first-token",),
        {"DATABASE_URL": "", "ASTROLABE_DATA": "/nowhere"},
        "--database-url",
    ),
    "no such address": (("api", "--database-url", "postgresql://u@h/d", "--bind", "here"), {}, "HOST:PORT"),
}


@pytest.mark.parametrize("case", BAD)
async def test_bad_input_is_told_in_one_line(case: str, reached: dict[str, str]) -> None:
    """Exit code 2, one line that says what is wrong, and neither a traceback nor a secret."""
    words, environment, told = BAD[case]
    ended = await astrolabe(*words, **(reached | environment))
    assert ended.returncode == 2, ended
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    assert told in ended.stderr
    assert "secret-word" not in ended.stderr


async def test_an_instance_is_registered_shown_and_planned_for(reached: dict[str, str]) -> None:
    """What is registered is listed, its history tells who asked, and a plan shows commands and changes nothing."""
    made = await astrolabe(
        *REGISTER, "--database", "postgresql://unleash@127.0.0.1/unleash", "--reason", "it runs", **reached
    )
    assert made.returncode == 0, made.stderr
    shown = json.loads((await astrolabe("show", "flags", "--output", "json", **reached)).stdout)
    assert (shown["version"], shown["database"]["name"]) == ("5.6.0", "unleash")
    history = [
        json.loads(line) for line in (await astrolabe("history", "flags", "--json", **reached)).stdout.splitlines()
    ]
    assert [(each["type"], each["actor"], each["reason"]) for each in history] == [
        ("instance_registered", "alice", "it runs")
    ]
    plan = (await astrolabe("plan", "flags", "6.10.1", **reached)).stdout
    assert "unleash-server@6.10.1" in plan
    assert "pg_dump" in plan
    assert "cutover verified, as this instance is registered: downtime unknown, never measured here" in plan
    assert "cutover at-once: downtime unknown, never measured here" in plan
    assert "for an unknown time, where verify fails" in plan
    assert len((await astrolabe("history", "flags", **reached)).stdout.splitlines()) == 1


LISTS = ("instances", "upgrades", "history flags", "token list", "webhook types", "products")
ONE = ("show flags", "plan flags 6.10.1")


@pytest.mark.parametrize("words", [*LISTS, *ONE])
async def test_what_is_asked_is_answered_in_json(words: str, reached: dict[str, str]) -> None:
    """One value a line and nothing else: of a list one item, of everything else one line."""
    await astrolabe(*REGISTER, "--database", "postgresql://unleash@127.0.0.1/unleash", **reached)
    found = await astrolabe(*words.split(), "--output", "json", **reached)
    assert (found.returncode, found.stderr) == (0, "")
    values = [json.loads(line) for line in found.stdout.splitlines()]
    assert all(isinstance(each, dict) for each in values)
    assert words not in ONE or len(values) == 1
    assert values or words in {"instances", "upgrades"}  # which a relay would fill


async def test_what_is_changed_is_answered_in_json(reached: dict[str, str]) -> None:
    """A command that changes something prints what came of it, and no sentence."""
    words = ("--database", "postgresql://u@127.0.0.1/j", "--json")
    (made,) = (await astrolabe("register", "jq", *REGISTER[2:-1], "4300", *words, **reached)).stdout.splitlines()
    assert json.loads(made)["name"] == "jq"
    (asked,) = (
        await astrolabe("upgrade", "jq", "6.10.1", "--yes", "--detach", "--json", **reached)
    ).stdout.splitlines()
    assert json.loads(asked)["status"] == "requested"
    ended = (await astrolabe("cancel", json.loads(asked)["id"], "--detach", "--json", **reached)).stdout
    assert [json.loads(line)["status"] for line in ended.splitlines()] == ["cancelled"]


async def test_a_second_instance_of_the_same_is_refused_in_one_line(reached: dict[str, str]) -> None:
    """Exit code 2, and a line that names the other instance and what both would act on, as any refusal."""
    words = ("--product", "unleash", "--version", "5.6.0", "--port", "4999")
    first = await astrolabe("register", "first", *words, "--database", "postgresql://u@127.0.0.1/one", **reached)
    assert first.returncode == 0, first.stderr
    second = await astrolabe("register", "second", *words, "--database", "postgresql://u@127.0.0.1/two", **reached)
    assert second.returncode == 2
    (line,) = second.stderr.splitlines()
    assert "Instance first, " in line
    assert "acts on port 4999 of host local already" in line


async def test_an_instance_is_reconfigured_by_what_changes(reached: dict[str, str]) -> None:
    """What is not named stays as it was, and what is kept or accepted is added to what was before."""
    made = await astrolabe(
        *("register", "kept", *REGISTER[2:-1], "4243"),
        *("--database", "postgresql://unleash@127.0.0.1/kept", "--password-from", "env:ASTROLABE_SECRET_DB"),
        **reached,
    )
    assert made.returncode == 0, made.stderr
    before = json.loads((await astrolabe("show", "kept", "--output", "json", **reached)).stdout)
    url = "postgresql://unleash@[::1]:6432/kept?options=-csearch_path%3Dapp&sslmode=disable"
    for words in (
        ("--keep", "SECRET_KEY,TZ", "--address", "::", "--reason", "as it runs"),
        ("--keep", "TOKEN", "--accept-difference", "arguments", "--set", "LOG_LEVEL=info", "--database", url),
        ("--cutover", "at-once", "--maintenance", "admin"),
    ):
        changed = await astrolabe("reconfigure", "kept", *words, **reached)
        assert changed.returncode == 0, changed.stderr
    after = json.loads((await astrolabe("show", "kept", "--output", "json", **reached)).stdout)
    assert {name: after[name] for name in after if after[name] != before[name]} == {
        "kept_variables": ["SECRET_KEY", "TZ", "TOKEN"],
        "accepted_differences": ["arguments"],
        "cutover": "at-once",
        "address": "::",
        "settings": {"LOG_LEVEL": "info"},
        "database": before["database"]
        | {"host": "::1", "port": 6432, "parameters": {"options": "-csearch_path=app", "sslmode": "disable"}}
        | {"maintenance": "admin"},
        **{name: after[name] for name in ("stream_version", "updated_at")},
    }


async def test_what_looks_like_a_secret_is_asked_about_before_the_log_keeps_it(reached: dict[str, str]) -> None:
    """A no leaves nothing behind; the question names the option that puts no secret into the log."""
    words = ("register", "hushed", *REGISTER[2:-1], "4244", "--set", "INIT_ADMIN_API_TOKENS=hidden-word")
    code, seen = await at_terminal(words, reached, "n")
    assert code == 130
    assert "INIT_ADMIN_API_TOKENS" in seen
    assert "--secret" in seen
    assert "hidden-word" not in seen
    assert (await astrolabe("show", "hushed", **reached)).returncode != 0


async def test_a_port_that_an_astrolabe_has_is_no_obstacle(
    reached: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The doctor knows one by what it says to whoever has no token."""
    port = int(reached["ASTROLABE_URL"].rpartition(":")[2])
    monkeypatch.setattr("astrolabe.cli.checkup.DEFAULT_PORT", port)
    (found,) = [each for each in await asyncio.to_thread(list, checkup(tmp_path)) if each.name == "port"]
    assert (found.ok, found.seen) == (True, f"{port}: an Astrolabe answers there")


def test_another_terminal_gets_the_folders_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    """Commands about products there read the files that `up` reads, and keep secrets where its worker finds them."""
    greet("http://127.0.0.1:8400", "astro_x", {"ASTROLABE_DATA": "/srv/my data", "ASTROLABE_PRODUCTS": "/srv/products"})
    said = capsys.readouterr().out
    assert "    export ASTROLABE_TOKEN=astro_x\n    export ASTROLABE_DATA='/srv/my data'\n" in said
    assert "    export ASTROLABE_PRODUCTS=/srv/products\n" in said


async def test_a_project_is_reconfigured_by_what_changes(reached: dict[str, str]) -> None:
    """Files that are named replace those that were; what no rollback brings back is added to what was before."""
    project = ("--project-folder", "/srv/shop", "--project-name", "shop", "--outside-rollback", "/data/uploads")
    database = ("--database", "postgresql://unleash@db/shop", "--database-service", "db")
    words = ("--product", "unleash", "--version", "6.4.1", "--kind", "compose", "--port", "4247", *project, *database)
    made = await astrolabe("register", "shop", *words, **reached)
    assert made.returncode == 0, made.stderr
    files = ("--project-file", "compose.yaml", "--project-file", "more.yaml")
    changed = await astrolabe("reconfigure", "shop", *files, "--outside-rollback", "/data/cache", **reached)
    assert changed.returncode == 0, changed.stderr
    known = json.loads((await astrolabe("show", "shop", "--output", "json", **reached)).stdout)["compose"]
    assert known["files"] == ["compose.yaml", "more.yaml"]
    assert known["outside_rollback"] == ["/data/uploads", "/data/cache"]
    assert known["database_service"] == "db"
    changed = await astrolabe("reconfigure", "shop", "--outside-rollback", "/data/cache", **reached)
    assert changed.returncode == 0, changed.stderr
    assert json.loads((await astrolabe("show", "shop", "--output", "json", **reached)).stdout)["compose"] == known


async def test_a_token_is_made_and_ended(reached: dict[str, str]) -> None:
    """A new token may do what its scopes say, until it is revoked."""
    create = ("token", "create", "ci", "--scope", "read", "--expires-in", "7")
    secret = (await astrolabe(*create, **reached)).stdout.strip()
    assert (await astrolabe("instances", **(reached | {"ASTROLABE_TOKEN": secret}))).returncode == 0
    listed = (await astrolabe("token", "list", **reached)).stdout
    (token_id,) = [line.split()[0] for line in listed.splitlines() if " ci " in line and " 20" in line]
    assert (await astrolabe("token", "revoke", token_id, "--yes", **reached)).returncode == 0
    assert (await astrolabe("instances", **(reached | {"ASTROLABE_TOKEN": secret}))).returncode == 2


async def test_a_token_is_bound_to_labels_and_of_somebody(reached: dict[str, str]) -> None:
    """What it is for and whose it is stand in the list; what it is not for is not there."""
    database = ("--database", "postgresql://shop@127.0.0.1/labelled")
    register = ("register", "labelled", "--product", "unleash", "--version", "5.6.0", "--port", "4299", *database)
    made = await astrolabe(*register, "--label", "team=payments", **reached)
    assert made.returncode == 0, made.stderr
    create = ("token", "create", "phone", "--person", "alice@example.com", "--scope")
    secret = (await astrolabe(*create, "read:team=payments", **reached)).stdout.strip()
    listed = (await astrolabe("token", "list", **reached)).stdout
    (line,) = [line for line in listed.splitlines() if " phone " in line]
    assert "alice@example.com" in line
    assert "read:team=payments" in line
    at_first = await astrolabe("token", "list", "--at", "2020-01-01T00:00:00Z", **reached)
    assert (at_first.returncode, "phone" in at_first.stdout) == (0, False)
    mine = reached | {"ASTROLABE_TOKEN": secret}
    assert "labels" in (await astrolabe("show", "labelled", **mine)).stdout
    assert (
        await astrolabe("reconfigure", "labelled", "--label", "team=web", "--no-label", "none", **reached)
    ).returncode == 0
    ended = await astrolabe("show", "labelled", **mine)
    assert (ended.returncode, "No instance is known as 'labelled'" in ended.stderr) == (2, True)
    assert (await astrolabe("instances", "--label", "team=web", **reached)).returncode == 0
    wrong = await astrolabe(*create, "admin:team=payments", **reached)
    assert (wrong.returncode, wrong.stderr.count("\n"), "--scope" in wrong.stderr) == (2, 1, True), wrong.stderr


async def test_whoever_has_the_log_gets_in_where_all_tokens_are_lost(database_url: str) -> None:
    """Only with a reason, which is in the trail; without it no second token is made while one is in use."""
    where = {"DATABASE_URL": database_url}
    assert (await astrolabe("first-token", **where)).returncode == 0
    again = await astrolabe("first-token", **where)
    assert (again.returncode, "--lost" in again.stderr) == (2, True)
    assert (await astrolabe("first-token", "--lost", "", **where)).returncode == 2
    made = await astrolabe("first-token", "--lost", "the laptop was stolen", **where)
    assert made.returncode == 0, made.stderr
    async with Database(database_url, pool_size=1) as database:
        log = Log(database)
        token = await Tokens(log).authenticate(made.stdout.strip())
        *_, loud, _ = await log.read_stream(ACCESS_STREAM)
    assert token
    assert (token.name.startswith("recovered-"), token.scopes) == (True, frozenset(SCOPES))
    assert loud.event == AccessRecovered(token.token_id, 1)
    assert (loud.cause.actor, loud.cause.reason) == ("astrolabe first-token", "the laptop was stolen")


async def test_all_mistakes_of_a_product_file_are_told_with_file_and_line(tmp_path: Path) -> None:
    """Each mistake is told where it stands, to a person and to a program, and the exit code is 2."""
    path = tmp_path / "mine.toml"
    path.write_text('name = "mine"\ntitle = 3\n[npm]\npackage = "mine"\nbinn = "mine"\n')
    ended = await astrolabe("products", "check", str(path))
    assert ended.returncode == 2
    assert [line.partition(": ")[0] for line in ended.stdout.splitlines()] == [f"{path}:2", f"{path}:5"]
    assert "2 mistakes" in ended.stderr
    for_program = await astrolabe("products", "check", str(path), "--json")
    assert for_program.returncode == 2
    found = [json.loads(line) for line in for_program.stdout.splitlines()]
    assert [(each["line"], each["field"]) for each in found] == [(2, "title"), (5, "npm.binn")]


async def test_a_product_file_without_a_mistake_is_well_described(tmp_path: Path) -> None:
    """It is told by its title."""
    path = tmp_path / "mine.toml"
    path.write_text('name = "mine"\ntitle = "Mine"\n[npm]\npackage = "mine"\nbin = "mine"\n')
    ended = await astrolabe("products", "check", str(path))
    assert (ended.returncode, ended.stdout) == (0, f"{path}: Mine is well described.\n")


@pytest.mark.parametrize("command", ["api", "relay", "worker", "migrate", "first-token", "rebuild", "up"])
async def test_an_older_program_refuses_a_newer_log_in_one_line(
    command: str, database_url: str, tmp_path: Path
) -> None:
    """Every command that opens the log says that a newer Astrolabe has set it up."""
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE public.schema_version SET version_num = '9999'")
    await connection.close()
    there = {"DATABASE_URL": database_url, "REDIS_URL": "redis://127.0.0.1:1/0", "ASTROLABE_DATA": str(tmp_path)}
    bind = ("--bind", f"127.0.0.1:{free_port()}") if command in {"api", "up"} else ()
    ended = await astrolabe(command, *bind, **there)
    assert ended.returncode == 2, ended
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    assert "A newer Astrolabe has set this log up" in ended.stderr


@pytest.mark.timeout(120)
async def test_up_prints_the_first_token_once_and_goes_on_where_it_was(servers_folder: DataFolder) -> None:
    """Ctrl-C ends everything with code 0; the second start has the same log and makes no second token.

    Whoever lost the first makes another beside it, as the owner of the data folder.
    """
    data = servers_folder.path / "up"
    log = servers_folder.path / "up.log"
    bind = f"127.0.0.1:{free_port()}"
    env = {**os.environ, "ASTROLABE_DATA": str(data)}
    for name in ("DATABASE_URL", "REDIS_URL"):
        env.pop(name, None)
    said: list[str] = []
    for _ in range(2):
        log.unlink(missing_ok=True)
        up = supervise(run_astrolabe("up", "--bind", bind), env=env, log=log)
        await until(lambda: "Next, in another terminal" in log.read_text(), 60)
        said.append(log.read_text())
        token = re.findall(r"ASTROLABE_TOKEN=(\S+)", said[0])
        async with httpx.AsyncClient(base_url=f"http://{bind}", trust_env=False) as http:
            answer = await http.get("/tokens", headers={"Authorization": f"Bearer {token[0]}"})
            assert [each["name"] for each in answer.raise_for_status().json()["items"]] == ["admin"]
            if len(said) == 2:
                made = await astrolabe("first-token", "--lost", "the note was thrown away", ASTROLABE_DATA=str(data))
                assert made.returncode == 0, made.stderr
                mine = {"Authorization": f"Bearer {made.stdout.strip()}"}
                assert (await http.get("/tokens", headers=mine)).status_code == 200
        up.signal(SIGINT)
        async with asyncio.timeout(40):
            assert await up.wait() == 0
    assert said[0].count("ASTROLABE_TOKEN=") == 1
    assert "ASTROLABE_TOKEN=" not in said[1]
