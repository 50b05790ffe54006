"""A session in which every command is typed, at a terminal of 80 columns and piped, and what was seen of it."""

import asyncio
import json
import os
import re
import shlex
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from astrolabe.domain.problem import Problem
from astrolabe.domain.recorded import Cause
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import Command, Report
from astrolabe.domain.upgrades.reconcile import Action, due
from astrolabe.store.database import Database
from astrolabe.store.errors import StoreError
from astrolabe.store.log.log import Log
from astrolabe.store.outputs import Outputs
from astrolabe.store.streams.instances import Instances
from astrolabe.store.views.queries import Views
from tests.cli.terminal import at_terminal
from tests.cli.typed import piped
from tests.domain.samples import AT, LATER
from tests.domain.worker import success
from tests.store.stage import eventually
from tests.waiting import while_at_work

FOLDER = Path(__file__).parent / "transcripts"
SESSION = FOLDER / "session.txt"
WORKER = Cause("worker", "due", "worker")
MANY = 4
"""How many commands are typed at the same time."""
SAID = "npm error could not connect\nnpm error see the log"

SAME = (
    (r"\d{4}-\d\d-\d\d([ T])\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?", r"2026-01-31\g<1>12:00:00"),
    (r"\b\d+ ms +", "12 ms  "),
    (r"TOOK +ANSWER", "TOOK   ANSWER"),
    (r"\d+\.\d s\b", "0.1 s"),
    (r"http://127\.0\.0\.1:\d+", "http://127.0.0.1:12345"),
    (r"(whsec_|astro_)\S+", r"\g<1>…"),
    (r"/\S+/astrolabe/contexts\.json", "/home/alice/.config/astrolabe/contexts.json"),
    (r"\S*\+[0-9a-f]{8}\+\S+", "log.example+12345678+…"),
    (r"(?m)^\d+$", "9"),
    (r"\bthe whole of \S+", "the whole of log.example"),
    (r"\bthe log \S+ as of", "the log log.example as of"),
    (r"— \S+ \S{40,}", "— log.example …"),
    (r"(?m)^[\w./-]*\.invalid\S*$|^astrolabe/\S+$", "log.example"),
    (r"(?<![\w+])[A-Za-z0-9+/]{43}=", "…"),
    (r"\b\d+ (signed checkpoints|events|streams)\b", r"9 \g<1>"),
    (r"to \d+, are in", "to 9, are in"),
    (r"\bpositions \d+ to \d+", "positions 1 to 9"),
)
"""What differs from one session to the next, and what stands for it."""


class Place(Struct):
    """Where the session takes place."""

    url: str
    database: Database
    environment: dict[str, str]
    folder: Path
    words: dict[str, str]
    """What stands for words that only the session knows."""
    bob: str = ""


async def transcribe(place: Place) -> dict[str, str]:
    """Type the whole session; return what each transcript must hold, by the name of its file."""
    terminal: list[str] = []
    piped: list[str] = []
    lines = [line.partition(" ")[::2] for line in SESSION.read_text().splitlines() if not line.startswith("#")]
    async with while_at_work(_work(place)):
        # Those that only look are typed at the same time.
        for mark, group in groupby(lines, lambda line: line[0]):
            if mark == ":":
                for _, what in group:
                    await _wait(place, *what.split())
                continue
            await _settled(place)
            for some in batched([typed for _, typed in group], MANY if mark == "*" else 1):
                for typed in some:
                    await _prepare(place, typed)
                for seen in await asyncio.gather(*(_type(place, mark, typed) for typed in some)):
                    terminal += seen[0]
                    piped += seen[1]
                if mark != "*":
                    await _settled(place)
    return {"terminal.txt": _same(terminal), "piped.txt": _same(piped)}


def batched(all_of_them: list[str], many: int) -> list[list[str]]:
    """Take a list apart."""
    return [all_of_them[at : at + many] for at in range(0, len(all_of_them), many)]


async def _type(place: Place, mark: str, typed: str) -> tuple[list[str], list[str]]:
    """Type a command where its mark says; return what was seen at a terminal, and piped."""
    words = [place.words.get(word, word) for word in shlex.split(typed)]
    environment = place.environment | ({"ASTROLABE_TOKEN": place.bob} if mark == "&" else {})
    if typed.startswith(("login", "context")):
        environment |= {"ASTROLABE_TOKEN": "", "ASTROLABE_URL": ""}
    seen = [await _at_terminal(words, typed, environment)] if mark in "*$" else []
    return seen, [await _piped(words, typed, environment, place)] if mark in "*|&" else []


async def _at_terminal(words: list[str], typed: str, environment: dict[str, str]) -> str:
    code, said = await at_terminal(words, {**environment, "TERM": "dumb"})
    return _entry(typed, said, code)


async def _piped(words: list[str], typed: str, environment: dict[str, str], place: Place) -> str:
    token = f"{place.environment['ASTROLABE_TOKEN']}\n" if typed.startswith("login") else None
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **environment}
    ended = await piped(*words, env=env, said=token, folder=place.folder)
    if typed.startswith("audit key rotate"):
        place.words["ROTATED"] = ended.stdout.split("+")[1]
    return _entry(typed, ended.stdout + ended.stderr, ended.returncode)


def _entry(typed: str, said: str, code: int) -> str:
    lines = "\n".join(line.rstrip() for line in said.rstrip("\n").splitlines())
    return f"$ astrolabe {typed}\n{lines}\n" + (f"(exit code {code})\n" if code else "")


async def _prepare(place: Place, typed: str) -> None:
    """Do what a worker, or somebody else, has done before this is typed."""
    if "DELIVERY" in typed:
        (first, *_) = await _json(place, "webhook", "deliveries", "chat")
        place.words["DELIVERY"] = str(first["id"])
    elif "HOLD" in typed:
        (held,) = await _json(place, "hold", "list")
        place.words["HOLD"] = str(held["id"])
    elif "KEY" in typed:
        (key,) = await _json(place, "audit", "key")
        place.words["KEY"] = str(key["key"])
    elif typed.startswith("reject"):
        (made,) = await _json(place, "token", "create", "bob", "--scope", "approve", "--scope", "read")
        place.bob = str(made["secret"])
    elif typed.startswith("adopt"):
        (shown,) = await _json(place, "show", "flags")
        await _report(place, str(shown["id"]), e.InstanceObserved("5.7.0", "process 7 runs 5.7.0", datetime.now(UTC)))
    elif typed.startswith("logs"):
        (shown,) = await _json(place, "show", "lost")
        kept = await Outputs(place.database).put(SAID, datetime.now(UTC) + timedelta(hours=1))
        place.words["OUTPUT"] = kept
        problem = Problem("npm-unreachable", "npm cannot be reached.", (), "Mend the network.", kept)
        await _report(place, str(shown["id"]), e.AdoptionRefused(1, problem, datetime.now(UTC)))


async def _json(place: Place, *words: str) -> list[dict[str, object]]:
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **place.environment}
    ended = await piped(*words, "--json", env=env)
    assert ended.returncode == 0, ended
    return [json.loads(line) for line in ended.stdout.splitlines()]


async def _report(place: Place, instance_id: str, fact: e.Fact) -> None:
    instances = Instances(Log(place.database))
    await instances.execute(await instances.load(instance_id), Report(fact), WORKER)


async def _work(place: Place) -> None:
    """Do at once what is due on any instance, as its worker would."""
    views, instances = Views(place.database), Instances(Log(place.database))
    while True:
        for row in await views.instances():
            loaded = await instances.load(row.instance_id)
            if isinstance(loaded.state, s.Busy) and row.name == "flags" and loaded.state.run.target == "7.5.1":
                continue  # is cancelled before a worker comes to it
            if isinstance(loaded.state, s.Busy) and isinstance(due(loaded.state, LATER), Action):
                try:
                    await instances.execute(loaded, _now(success(loaded.state)), WORKER)
                except StoreError:
                    continue
        await asyncio.sleep(0.02)


def _now(command: Command) -> Command:
    """Have happen now what samples have happen long ago, when every approval has expired."""
    if not isinstance(command, Report):
        return command
    times = {name: datetime.now(UTC) for name in command.fact.__struct_fields__ if getattr(command.fact, name) == AT}
    return Report(replace(command.fact, **times))


async def _wait(place: Place, what: str, status: str = "") -> None:
    conditions: dict[str, Callable[[], Awaitable[bool]]] = {
        "checkpoint": lambda: _signed(place),
        "delivered": lambda: _delivered(place),
        "tried": lambda: _tried(place),
    }

    async def stands() -> bool:
        return any(row.name == what and row.status == status for row in await Views(place.database).instances())

    await eventually(conditions.get(status or what, stands))


async def _signed(place: Place) -> bool:
    """Return whether a checkpoint covers all that was recorded until now."""
    file = place.folder / "tlog" / "checkpoint"
    recorded = await place.database.pool.fetchval("SELECT count(*) FROM event")
    return file.exists() and file.read_text("utf-8").splitlines()[1] == str(recorded)


async def _delivered(place: Place) -> bool:
    return [each["state"] for each in await _json(place, "webhook", "deliveries", "chat")] == ["delivered"]


async def _tried(place: Place) -> bool:
    return any(each["said"] for each in await _json(place, "notify", "notices", "team"))


async def _settled(place: Place) -> None:
    """Wait until the lists hold all that was recorded."""

    async def caught_up() -> bool:
        if await place.database.pool.fetchval("SELECT count(*) FROM unsequenced"):
            return False
        lags = await Views(place.database).lags()
        return all(lags.get(name, 1) <= 0 for name in ("views", "webhooks"))

    await eventually(caught_up)


def _same(entries: list[str]) -> str:
    text = "\n".join(entries)
    for pattern, stands in SAME:
        text = re.sub(pattern, stands, text)
    numbers: dict[str, str] = {}

    def numbered(found: re.Match[str]) -> str:
        number = numbers.setdefault(found[2], f"{len(numbers) + 1:012d}")
        return f"{'00000000-0000-7000-8000-' if found[1] else ''}{number}"

    return re.sub(r"\b([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-)?([0-9a-f]{12})\b", numbered, text)
