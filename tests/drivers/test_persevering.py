"""Persevering: what may pass is tried again on the way back for as long as the owner says, and a person is told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import asyncpg
import pytest
from msgspec.structs import replace

from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import RequestUpgrade
from astrolabe.store.ids import new_id
from astrolabe.workers.instance import closing
from astrolabe.workers.steps import persevering, rollback
from tests.hooked import hooked, upgrade, when
from tests.world import World

pytestmark = pytest.mark.kinds("npx")


@pytest.fixture(autouse=True)
def _not_patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollback, "ATTEMPTS", 1)
    monkeypatch.setattr(persevering, "ALARM_SECONDS", 0.05)
    monkeypatch.setattr(closing, "BLOCK_SECONDS", 0.05)


class Line:
    """A line to the database's server, which can be cut and mended."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: set[asyncio.StreamWriter] = set()
        self.whole = True

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection, for as long as the line is whole."""
        if not self.whole:
            writer.close()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        self._open |= {writer, back}
        with contextlib.suppress(OSError):
            await asyncio.gather(self._pass(reader, back), self._pass(there, writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def cut(self) -> None:
        """End everything, and let nothing through."""
        self.whole = False
        for each in self._open:
            each.close()

    async def mend(self) -> None:
        """Let everything through again."""
        self.whole = True


@contextlib.asynccontextmanager
async def line_to(standin: World) -> AsyncIterator[Line]:
    """Let the gateway and the worker reach the database by a line."""
    where = standin.config.database
    assert where
    line = Line(where.port)
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
