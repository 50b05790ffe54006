"""Isolation: until cutover nobody but the new version and our probes gets in; afterwards nothing is lost unasked."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from itertools import count

import asyncpg
import pytest
from msgspec.structs import replace

from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from tests.drivers.outcomes import refused, rolled_back
from tests.drivers.prober import Prober
from tests.waiting import while_at_work
from tests.world import World

pytestmark = pytest.mark.kinds("npx")
"""The others' means are their own."""


class Stranger:
    """A second service, or a person: writes into the instance's database by its own name, as its own role."""

    def __init__(self, standin: World) -> None:
        self._standin = standin
        self.acknowledged: list[str] = []

    @contextlib.asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Write while the block runs."""
        async with while_at_work(self._write()):
            yield

    async def _write(self) -> None:
        for number in count():
            name = f"stranger-{number}"
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                connection = await self._standin.connects()
                try:
                    await connection.execute("INSERT INTO items (name) VALUES ($1)", name)
                    self.acknowledged.append(name)
                finally:
                    connection.terminate()
            await asyncio.sleep(0.02)


async def missing(standin: World, *writers: Prober | Stranger) -> set[str]:
    """Name what was acknowledged to somebody and is not in the live database."""
    rows = {str(row[0]) for row in await standin.rows("SELECT name FROM items")}
    return {name for writer in writers for name in writer.acknowledged} - rows


async def left_behind(standin: World) -> set[str]:
    """Name what is in the database kept aside and not in the live one, also what was never acknowledged."""
    (kept,) = await standin.kept("database")
    live, aside = [await standin.rows("SELECT name FROM items", name) for name in (standin.database, kept)]
    return {str(row[0]) for row in aside} - {str(row[0]) for row in live}


async def test_a_doctor_that_complains_late_costs_no_write(standin: World) -> None:
    """The new version is well for two seconds and then is not: nobody was let in, so nothing is left behind."""
    await standin.reconfigure(settings={"STANDIN_DOCTOR_MS": "2000"})
    user, stranger = Prober(standin), Stranger(standin)
    async with user.at_work(), stranger.at_work():
        loaded = await standin.upgrade("1.6.0")
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.instance.last
    assert loaded.state.instance.last.outcome == "rolled_back"
    assert len(user.acknowledged) > 10
    assert len(stranger.acknowledged) > 10
    assert await missing(standin, user, stranger) == set()
    writes = (await standin.one(e.DatabaseRestored)).writes
    assert writes
    assert writes.total == 0


async def test_a_second_writer_waits_until_cutover(standin: World) -> None:
    """Somebody who knows the database's name writes all the time: all of it is in the database that serves."""
    user, stranger = Prober(standin), Stranger(standin)
    async with user.at_work(), stranger.at_work():
        await standin.upgrade("2.0.0")
        await _writes_again(stranger)
    assert await standin.running() == "2.0.0"
    assert await missing(standin, user, stranger) == set()


async def test_what_is_written_from_cutover_on_is_told_before_it_is_left_behind(standin: World) -> None:
    """A rollback counts from cutover: not a write of a user's between the copy and the end is called none."""
    user = Prober(standin)
    async with user.at_work():
        await standin.upgrade("2.0.0")
        await _writes_again(user)
    copied = (await standin.one(e.DatabaseCopied)).copy
    assert copied
    after = {str(row[0]) for row in await standin.rows("SELECT name FROM items")}
    before = {
        str(row[0]) for row in await standin.rows("SELECT name FROM items", await _readable(standin, copied.database))
    }
    await standin.roll_back(accept=False)
    told = (await standin.one(e.RollbackRefused)).writes
    assert told.total == len(after - before) > 0
    assert told.tables == {"public.items": len(after - before)}
    loaded = await standin.roll_back(accept=True)
    assert isinstance(loaded.state, s.Idle)
    assert await left_behind(standin) == after - before >= await missing(standin, user)


async def _writes_again(writer: Prober | Stranger) -> None:
    written = len(writer.acknowledged)
    async with asyncio.timeout(30):
        while len(writer.acknowledged) < written + 5:
            await asyncio.sleep(0.02)


async def _readable(standin: World, database: str) -> str:
    await standin.rows(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS true', "postgres")
    return database


async def test_the_log_tells_where_it_ran_apart_and_when_others_were_let_in(standin: World) -> None:
    """Verified first, then cutover, then success, with the downtime of the users and not of our probes."""
    await standin.upgrade("2.0.0")
    started = await standin.one(e.MigrationStarted)
    assert started.isolated
    assert started.port not in {None, standin.config.port}
    assert started.database not in {None, standin.database}
    facts = await standin.facts()
    assert facts[facts.index("MigrationFinished") :] == [
        "MigrationFinished",
        "UpgradeVerified",
        "CutOver",
        "UpgradeSucceeded",
    ]
    done = await standin.one(e.UpgradeSucceeded)
    assert done.downtime_ms
    assert done.downtime_ms > (await standin.one(e.MigrationFinished)).downtime_ms
    assert done.counters == (await standin.one(e.CutOver)).counters
    assert started.database not in await standin.databases()


async def test_past_cutover_an_unwell_version_goes_back_where_nobody_wrote(standin: World) -> None:
    """It does not come up a second time; it is certain that nobody wrote, so it is taken back, and nobody is asked."""
    turned = await rolled_back(standin, "1.7.0", "start-failed")
    assert turned.writes
    assert turned.writes.total == 0
    assert "CutOver" in await standin.facts()


async def test_past_cutover_an_unwell_version_is_a_persons_decision_where_somebody_wrote(standin: World) -> None:
    """The count is told, nothing goes back by itself, and a person who accepts the count gets the old version back."""
    stranger = Stranger(standin)
    async with stranger.at_work():
        loaded = await standin.upgrade("1.7.0")
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.instance.last
    assert (loaded.state.instance.last.outcome, loaded.state.instance.version) == ("unwell", "1.7.0")
    unwell = await standin.one(e.UpgradeUnwell)
    assert unwell.writes.total
    assert await missing(standin, stranger) == set()
    await standin.roll_back(accept=True)
    told = (await standin.one(e.DatabaseRestored)).writes
    assert told
    lost = await left_behind(standin)
    assert told.total == len(lost) >= unwell.writes.total
    assert lost >= await missing(standin, stranger)
    assert await standin.running() == "1.1.0"


async def test_at_once_what_is_left_behind_is_counted(standin: World) -> None:
    """Whoever chose the shorter downtime gets it, passes the point of no return first, and is told what that cost."""
    await standin.reconfigure(cutover="at-once", settings={"STANDIN_DOCTOR_MS": "1000"})
    user = Prober(standin)
    async with user.at_work():
        loaded = await standin.upgrade("1.6.0")
    assert isinstance(loaded.state, s.Idle)
    assert await standin.running() == "1.1.0"
    facts = await standin.facts()
    assert facts.index("CutOver") < facts.index("MigrationStarted")
    lost = await missing(standin, user)
    assert lost
    writes = (await standin.one(e.DatabaseRestored)).writes
    assert writes
    assert writes.total
    assert writes.total >= len(lost)


async def test_at_once_starts_once(standin: World) -> None:
    """A version that is let in at once is verified where it serves; it need not come up twice."""
    await standin.reconfigure(cutover="at-once")
    loaded = await standin.upgrade("1.7.0")
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.instance.version == "1.7.0" == await standin.running()
    assert "UpgradeVerified" not in await standin.facts()


async def test_a_product_that_cannot_run_apart_is_refused_unless_it_is_let_in_at_once(standin: World) -> None:
    """Its product file does not say where it listens, or which database is its own; nothing was touched."""
    start = standin.product.start
    env = {name: value for name, value in start.env.items() if name != "HTTP_PORT"} | {
        "HTTP_PORT": str(standin.config.port)
    }
    standin.host.products["standin"] = replace(standin.product, start=replace(start, env=env))
    told = await refused(standin, "2.0.0", "preflight-isolation")
    assert "at-once" in told.problem.todo
    await standin.reconfigure(cutover="at-once")
    await standin.upgrade("2.0.0")
    assert await standin.running() == "2.0.0"
