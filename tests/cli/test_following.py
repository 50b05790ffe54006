"""What a person follows to its end: a long list, and an upgrade while the API restarts."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from signal import SIGINT

import httpx
import pytest_asyncio
from msgspec import Struct

from astrolabe.cli.own_python import run_astrolabe
from astrolabe.cli.ready import until_ready
from astrolabe.domain.access import SCOPES
from astrolabe.domain.problem import Problem
from astrolabe.domain.recorded import Cause
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades.commands import Report
from astrolabe.store.database import Database
from astrolabe.store.log.log import Log
from astrolabe.store.log.sequencer import Sequencer
from astrolabe.store.outputs import Outputs
from astrolabe.store.progress import Amount, ProgressBoard
from astrolabe.store.streams.instances import Instances
from astrolabe.store.streams.tokens import Tokens
from astrolabe.workers.programs.shell import Child, Finished, supervise
from tests.api.house import FLAGS, bearer
from tests.cli.test_commands import astrolabe
from tests.ports import free_port
from tests.waiting import until

PAGE = 100
"""How many items a list has before it is continued on another page."""


class Place(Struct):
    """An API process of one test, its log, and what reaches it."""

    port: int
    url: str
    database: Database
    environment: dict[str, str]
    http: httpx.AsyncClient
    folder: Path
    api: Child

    async def begin(self) -> None:
        """Start an API process; it is the same to others as the one before."""
        self.api = start(self.port, self.url, self.folder)
        await until_ready(self.environment["ASTROLABE_URL"])

    @asynccontextmanager
    async def away(self) -> AsyncIterator[asyncio.Event]:
        """Stop the API; the event is set once somebody has tried to reach it in vain."""
        await self.api.stop()
        tried = asyncio.Event()

        def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()
            tried.set()

        async with await asyncio.start_server(hang_up, "127.0.0.1", self.port):
            yield tried
        await self.begin()

    async def report(self, instance_id: str, fact: e.Fact) -> None:
        """Let a worker report a fact."""
        instances = Instances(Log(self.database))
        await instances.execute(await instances.load(instance_id), Report(fact), Cause("worker", "due", "worker"))


def start(port: int, url: str, folder: Path) -> Child:
    """Start an API process."""
    argv = run_astrolabe("api", "--bind", f"127.0.0.1:{port}")
    return supervise(argv, env={**os.environ, "DATABASE_URL": url}, log=folder / "api.log")


@pytest_asyncio.fixture
async def place(database_url: str, tmp_path: Path) -> AsyncIterator[Place]:
    """A real API whose events are given their positions."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    async with Database(database_url) as database:
        token = (await Tokens(Log(database)).issue("alice", SCOPES, Cause("test", "to begin", "cli"))).secret
        sequencing = asyncio.create_task(Sequencer(database).run())
        async with httpx.AsyncClient(base_url=base, headers=bearer(token), trust_env=False) as http:
            environment = {"ASTROLABE_URL": base, "ASTROLABE_TOKEN": token}
            place = Place(
                port, database_url, database, environment, http, tmp_path, start(port, database_url, tmp_path)
            )
            try:
                await until_ready(base)
                yield place
            finally:
                await place.api.stop()
                sequencing.cancel()
                with suppress(asyncio.CancelledError):
                    await sequencing


def typing(place: Place, *words: str) -> tuple[asyncio.Task[int], Path]:
    """Begin a command that goes on; its exit code to come, and the file that it writes what it says to."""
    said = place.folder / "said"
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONUNBUFFERED": "1", **place.environment}
    child = supervise(run_astrolabe(*words), env=env, log=said)
    return asyncio.create_task(child.wait()), said


async def test_a_long_history_is_shown_to_its_end(place: Place) -> None:
    """Every event is shown once, in order, however many pages there are."""
    (await place.http.post("/instances", json=FLAGS)).raise_for_status()
    changed = {key: value for key, value in FLAGS.items() if key != "version"}
    for seconds in range(PAGE + 20):
        body = {**changed, "patience_seconds": 600 + seconds}
        (await place.http.put("/instances/flags", json=body)).raise_for_status()
    shown: Finished = await astrolabe("history", "flags", "--json", **place.environment)
    versions = [json.loads(line)["version"] for line in shown.stdout.splitlines()]
    assert versions == list(range(1, PAGE + 22))


async def test_a_watch_goes_on_over_a_restart_of_the_api(place: Place) -> None:
    """Nothing that happened is shown twice, and the end is told as if nothing had been."""
    (await place.http.post("/instances", json=FLAGS)).raise_for_status()
    asked = (await place.http.post("/upgrades", json={"instance": "flags", "target": "6.10.1"})).raise_for_status()
    watching, said = typing(place, "watch", asked.json()["id"])
    await until(lambda: said.exists() and "upgrade_requested" in said.read_text())
    instance_id = asked.json()["instance_id"]
    await place.report(instance_id, e.StepStarted(asked.json()["id"], 1, "preflight", "worker-1", 1))
    amount = Amount(2_400_000, 10_000_000, "bytes")
    await ProgressBoard(place.database).put(
        instance_id, asked.json()["id"], attempt=1, step="preflight", message="fetching", amount=amount
    )
    await until(lambda: "fetching: 2.4 MB of 10.0 MB" in said.read_text())
    async with place.away() as tried:
        await asyncio.wait_for(tried.wait(), 60)
    (await place.http.post(f"/upgrades/{asked.json()['id']}/cancel", json={"reason": "enough"})).raise_for_status()
    assert await asyncio.wait_for(watching, 60) == 1
    told = said.read_text()
    assert [told.count(kind) for kind in ("upgrade_requested", "upgrade_cancelled")] == [1, 1]
    assert "No Astrolabe answers" not in told


async def test_a_registration_waits_over_a_restart_of_the_api(place: Place) -> None:
    """The worker's finding is told although the API was away meanwhile."""
    words = ("--product", "unleash", "--port", "4242", "--database", "postgresql://unleash@127.0.0.1/unleash")
    registering, said = typing(place, "register", "flags", *words)
    await until(lambda: said.exists() and "finds out which version runs" in said.read_text())
    async with place.away() as tried:
        await asyncio.wait_for(tried.wait(), 60)
    instance_id = (await place.http.get("/instances/flags")).json()["id"]
    await place.report(instance_id, e.InstanceAdopted(1, "npx", "5.6.0", "process 7 runs 5.6.0", datetime.now(UTC)))
    assert await asyncio.wait_for(registering, 60) == 0
    assert "process 7 runs 5.6.0" in said.read_text()


async def test_events_of_an_instance_are_followed_until_ctrl_c(place: Place) -> None:
    """What happens is shown as it happens, each event once, and over a restart of the API."""
    (await place.http.post("/instances", json=FLAGS)).raise_for_status()
    said = place.folder / "said"
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONUNBUFFERED": "1", **place.environment}
    following = supervise(run_astrolabe("events", "flags", "--follow"), env=env, log=said)
    await until(lambda: said.exists() and "instance_registered" in said.read_text())
    async with place.away() as tried:
        await asyncio.wait_for(tried.wait(), 60)
    changed = {key: value for key, value in FLAGS.items() if key != "version"} | {"patience_seconds": 601}
    (await place.http.put("/instances/flags", json=changed)).raise_for_status()
    await until(lambda: "instance_reconfigured" in said.read_text())
    following.signal(SIGINT)
    assert await asyncio.wait_for(following.wait(), 60) == 130
    told = said.read_text()
    assert [told.count(kind) for kind in ("instance_registered", "instance_reconfigured")] == [1, 1]


async def test_events_of_an_upgrade_are_followed_to_its_end(place: Place) -> None:
    """Whoever only looks is not failed by how it ended."""
    (await place.http.post("/instances", json=FLAGS)).raise_for_status()
    asked = (await place.http.post("/upgrades", json={"instance": "flags", "target": "6.10.1"})).raise_for_status()
    following, said = typing(place, "events", asked.json()["id"], "--follow", "--json")
    await until(lambda: said.exists() and "upgrade_requested" in said.read_text())
    (await place.http.post(f"/upgrades/{asked.json()['id']}/cancel", json={"reason": "enough"})).raise_for_status()
    assert await asyncio.wait_for(following, 60) == 0
    values = [json.loads(line) for line in said.read_text().splitlines()]
    assert [each["type"] for each in values[:-1]] == ["upgrade_requested", "upgrade_cancelled"]
    assert values[-1]["status"] == "cancelled"


async def test_what_a_gateway_said_last_is_printed(place: Place) -> None:
    """Of all that was kept of it, the last, in full."""
    body = {key: value for key, value in FLAGS.items() if key != "version"}
    instance_id = (await place.http.post("/instances", json=body)).raise_for_status().json()["id"]
    for said in ("the port is taken", "line 1\nline 2"):
        kept = await Outputs(place.database).put(said, datetime.now(UTC) + timedelta(hours=1))
        problem = Problem("start-failed", "It ended.", output=kept)
        attempt = (await place.http.get("/instances/flags/history")).json()["items"]
        begun = sum(each["type"] in {"instance_registered", "adoption_requested"} for each in attempt)
        await place.report(instance_id, e.AdoptionRefused(begun, problem, datetime.now(UTC)))
        if said == "the port is taken":
            (await place.http.post("/instances/flags/adopt", json={})).raise_for_status()
    printed = await astrolabe("logs", "flags", **place.environment)
    assert (printed.returncode, printed.stdout) == (0, "line 1\nline 2\n")
