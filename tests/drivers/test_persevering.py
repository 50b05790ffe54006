"""Persevering: what may pass is tried again on the way back for as long as the owner says, and a person is told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import asyncpg
import pytest
from msgspec.structs import replace

from astrolabe.cli.private_engine import own
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import RequestUpgrade
from astrolabe.store.ids import new_id
from astrolabe.workers.instance import closing
from astrolabe.workers.steps import persevering, rollback
from tests.drivers.line import Line
from tests.hooked import hooked, upgrade, when
from tests.world import World


@pytest.fixture(autouse=True)
def _not_patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollback, "ATTEMPTS", 1)
    monkeypatch.setattr(persevering, "ALARM_SECONDS", 0.05)
    monkeypatch.setattr(closing, "BLOCK_SECONDS", 0.05)


NPX = pytest.mark.kinds("npx")


@contextlib.asynccontextmanager
async def line_to(standin: World) -> AsyncIterator[Line]:
    """Let the gateway and the worker reach the database by a line."""
    where = standin.config.database
    assert where
    line = Line(partial(asyncio.open_connection, "127.0.0.1", where.port))
    server = await asyncio.start_server(line.carry, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    await standin.stop()
    await standin.reconfigure(database=replace(where, port=port))
    await standin.owner_starts()
    try:
        yield line
    finally:
        await line.mend()
        await standin.stop()
        server.close()
        await standin.reconfigure(database=where)


@NPX
async def test_a_server_that_is_away_on_the_way_back_is_waited_for(standin: World) -> None:
    """A person is told while it lasts; once it is back the old version serves again, and nobody had to act."""
    async with line_to(standin) as line:
        await standin.ask(RequestUpgrade(new_id(), "2.0.0"))
        happenings = {
            "after MigrationStarted": line.cut,
            "after RollbackStalled": line.mend,
        }
        await hooked(standin, "worker-1", when(happenings))(standin.instance_id)
        state = (await standin.loaded()).state
        assert isinstance(state, s.Idle), await standin.facts()
        assert await standin.running() == "1.1.0"
        assert await standin.items() == ["first"]
        told = await standin.one(e.RollbackStalled)
        assert told.problem.code == "database-unreachable"
        assert (told.until - told.since).total_seconds() == standin.config.retry_for_seconds == 3600
        assert "tried again until" in await standin.summary(e.RollbackStalled)


async def _with_a_session(standin: World) -> asyncpg.Connection:
    private = (await standin.one(e.MigrationStarted)).database
    assert private
    return await asyncpg.connect(standin.server.url(private))


@NPX
async def test_a_session_that_remains_is_waited_for(standin: World) -> None:
    """A superuser's session, which our role may not end, keeps the database from being renamed until it leaves."""
    held: list[asyncpg.Connection] = []

    async def hold() -> None:
        held.append(await _with_a_session(standin))

    async def leave() -> None:
        await held[0].close()

    await standin.reconfigure(settings={"STANDIN_DOCTOR_MS": "100"})
    loaded = await upgrade(standin, "1.6.0", FailStep=hold, RollbackStalled=leave)
    assert isinstance(loaded.state, s.Idle)
    assert (await standin.one(e.RollbackStalled)).problem.code == "sessions-remain"
    assert await standin.running() == "1.1.0"


@NPX
async def test_the_owner_says_for_how_long(standin: World) -> None:
    """After the time of its policy a person must act; the time goes on where one worker takes over from another."""
    held: list[asyncpg.Connection] = []

    async def hold() -> None:
        held.append(await _with_a_session(standin))

    await standin.reconfigure(settings={"STANDIN_DOCTOR_MS": "100"}, retry_for_seconds=1)
    try:
        loaded = await upgrade(standin, "1.6.0", FailStep=hold)
    finally:
        await held[0].close()
    assert isinstance(loaded.state, s.Inconsistent)
    assert loaded.state.problem.code == "sessions-remain"
    stalled, ended = await standin.one(e.RollbackStalled), await standin.one(e.InstanceInconsistent)
    assert (stalled.until - stalled.since).total_seconds() == 1
    assert ended.at >= stalled.until


@pytest.mark.kinds("compose")
async def test_an_engine_that_is_away_on_the_way_back_is_waited_for(standin: World, tmp_path: Path) -> None:
    """Docker is restarted at the worst moment: the way back waits for it, and ends where it would have ended."""
    assert standin.config.compose
    line = Line(partial(asyncio.open_unix_connection, own.SOCKET))
    server = await asyncio.start_unix_server(line.carry, tmp_path / "engine.sock")
    through_the_line = replace(standin.config.compose, engine=f"unix://{tmp_path}/engine.sock")
    await standin.reconfigure(settings={"STANDIN_DOCTOR_MS": "100"}, compose=through_the_line)
    loaded = await upgrade(standin, "1.6.0", FailStep=line.cut, RollbackStalled=line.mend)
    assert isinstance(loaded.state, s.Idle)
    assert (await standin.one(e.RollbackStalled)).problem.code == "engine-unreachable"
    assert await standin.running() == "1.1.0"
    assert await standin.items() == ["first"]
    server.close()
