"""Taking over: after the way back has failed, what a person brought up and is well goes on, and is never ended."""

import asyncpg
import pytest

from astrolabe.domain.kinds.postgres import allow_statement, rename_statement
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import RequestRollback, RequestUpgrade, Retry
from astrolabe.store.ids import new_id
from astrolabe.workers.instance import closing, process
from astrolabe.workers.instance.process import GatewayProcess
from astrolabe.workers.steps import counting, cutover, rollback, taking_over
from tests.databases import run
from tests.drivers.by_hand import typed
from tests.drivers.test_port_in_use import port_thief
from tests.hooked import hooked, when
from tests.ports import free_port
from tests.world import PASSWORD, World

pytestmark = pytest.mark.kinds("npx")

REPORTED = counting.FLUSH_SECONDS


@pytest.fixture(autouse=True)
def _not_patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutover, "ATTEMPTS", 1)
    monkeypatch.setattr(counting, "FLUSH_SECONDS", 0.1)
    monkeypatch.setattr(rollback, "ATTEMPTS", 1)
    monkeypatch.setattr(taking_over, "PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(closing, "BLOCK_SECONDS", 0.1)


async def stranded(standin: World) -> None:
    """Upgrade, and leave the instance stopped on its restored database, for its port is taken."""
    async with port_thief(standin):
        loaded = await standin.upgrade("2.0.0")
        assert isinstance(loaded.state, s.Inconsistent)


async def retried(standin: World) -> s.State:
    """Retry the last upgrade; return the state after that."""
    await standin.ask(Retry(await standin.upgrade_id()))
    return (await standin.carry_out()).state


def listening(standin: World) -> GatewayProcess:
    """Return the process that listens on the instance's port."""
    found = process.listener(standin.config.gateway_port)
    assert found
    return found


async def session_in(standin: World, name: str) -> asyncpg.Connection:
    """Open a session that the instance's role may not end."""
    return await asyncpg.connect(standin.server.url(name))


async def test_the_old_version_that_a_person_brought_up_goes_on(standin: World) -> None:
    """A retry finds it well, stops nothing, loses nothing, and records that the upgrade was taken back."""
    await stranded(standin)
    await standin.owner_starts("1.1.0")
    await standin.write("by hand")
    before = listening(standin)
    state = await retried(standin)
    assert listening(standin) == before
    assert await standin.items() == ["first", "by hand"]
    assert isinstance(state, s.Idle)
    assert state.instance.last
    assert (state.instance.version, state.instance.last.outcome) == ("1.1.0", "rolled_back")
    told = await standin.one(e.InstanceTakenOver)
    assert {check.name for check in told.checks if check.ok} >= {"health", "version", "doctor", "migrations"}
    assert await standin.copies() == {*await standin.kept("database")}
    assert "nothing was stopped" in await standin.summary(e.InstanceTakenOver)


async def test_the_new_version_that_a_person_brought_up_goes_on(
    standin: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rollback that could not rename the database is given up by a person; the rollback point is still there."""
    monkeypatch.setattr(counting, "FLUSH_SECONDS", REPORTED)
    await standin.reconfigure(retry_for_seconds=0)
    await standin.upgrade("2.0.0")
    await standin.ask(RequestRollback(await standin.upgrade_id(), accept_lost_writes=True))
    held: list[asyncpg.Connection] = []

    async def hold() -> None:
        held.append(await session_in(standin, standin.database))

    await hooked(standin, "worker-1", when({"after RollbackStarted": hold}))(standin.instance_id)
    assert isinstance((await standin.loaded()).state, s.Inconsistent)
    await held[0].close()
    await typed(standin, (await standin.one(e.InstanceInconsistent)).commands)
    assert await standin.running() == "2.0.0"
    await standin.write("by hand")
    before = listening(standin)
    state = await retried(standin)
    assert listening(standin) == before
    assert isinstance(state, s.Idle)
    assert state.instance.version == "2.0.0"
    assert await standin.items() == ["first", "by hand"]
    await standin.roll_back(accept=False)
    assert (await standin.one(e.RollbackRefused)).writes.total == 1
    await standin.roll_back(accept=True)
    assert await standin.running() == "1.1.0"
    assert await standin.items() == ["first"]


async def test_what_serves_and_is_not_as_it_should_be_is_left_to_the_person(standin: World) -> None:
    """A third version has users too: it is neither taken over nor ended, and the log says what to do."""
    await stranded(standin)
    await standin.owner_starts("1.3.0")
    before = listening(standin)
    state = await retried(standin)
    assert isinstance(state, s.Inconsistent)
    assert state.problem.code == "gateway-serves"
    assert "1.3.0" in state.problem.detail
    assert "stop it yourself" in state.problem.todo
    assert listening(standin) == before


async def test_a_port_that_stays_taken_is_changed_while_inconsistent(standin: World) -> None:
    """What the way back failed for is in the configuration: the retry goes by the one that mends it."""
    async with port_thief(standin) as taker:
        await standin.upgrade("2.0.0")
        await standin.reconfigure(port=free_port())
        state = await retried(standin)
        assert isinstance(state, s.Idle)
        assert await standin.running() == "1.1.0"
        assert await standin.items() == ["first"]
        assert taker.alive()


async def test_what_others_wrote_while_a_person_was_at_it_is_never_told_as_none(standin: World) -> None:
    """A person gives the migrated database its name back, and ends that again: nobody knows how much was written."""
    await standin.reconfigure(settings={"STANDIN_DOCTOR_MS": "500"}, retry_for_seconds=0)
    await standin.ask(RequestUpgrade(new_id(), "1.6.0"))
    held: list[asyncpg.Connection] = []

    async def hold() -> None:
        private = (await standin.one(e.MigrationStarted)).database
        assert private
        held.append(await session_in(standin, private))

    await hooked(standin, "worker-1", when({"after FailStep": hold}))(standin.instance_id)
    assert isinstance((await standin.loaded()).state, s.Inconsistent)
    await held[0].close()
    private = (await standin.one(e.MigrationStarted)).database
    assert private
    await run(standin.server, rename_statement(private, standin.database))
    await run(standin.server, allow_statement(standin.database, allow=True))
    await standin.owner_starts("1.6.0")
    await standin.write("by hand")
    await standin.stop()
    state = await retried(standin)
    assert isinstance(state, s.Idle)
    assert await standin.items() == ["first"]
    told = (await standin.one(e.DatabaseRestored)).writes
    assert told
    assert told.total is None


async def test_what_a_person_types_brings_the_old_version_up(standin: World) -> None:
    """The commands are in the log, exact, in order and without a secret; what they bring up is taken over."""
    async with port_thief(standin):
        await standin.upgrade("2.0.0")
    told = await standin.one(e.InstanceInconsistent)
    assert told.commands[-1].line == f"astrolabe retry {await standin.upgrade_id()}"
    assert PASSWORD not in str(told)
    assert told.commands[-2].line in await standin.summary(e.InstanceInconsistent)
    await typed(standin, told.commands)
    assert await standin.running() == "1.1.0"
    before = listening(standin)
    assert isinstance(await retried(standin), s.Idle)
    assert listening(standin) == before
    assert await standin.items() == ["first"]


async def test_what_a_person_types_puts_the_database_of_before_in_place(standin: World) -> None:
    """The migrated database still has its private name: it is kept aside, and the copy gets the instance's own."""
    await standin.reconfigure(settings={"STANDIN_DOCTOR_MS": "500"}, retry_for_seconds=0)
    held: list[asyncpg.Connection] = []

    async def hold() -> None:
        private = (await standin.one(e.MigrationStarted)).database
        assert private
        held.append(await session_in(standin, private))

    await standin.ask(RequestUpgrade(new_id(), "1.6.0"))
    await hooked(standin, "worker-1", when({"after FailStep": hold}))(standin.instance_id)
    await held[0].close()
    told = await standin.one(e.InstanceInconsistent)
    assert sum("RENAME TO" in each.line for each in told.commands) == 2
    await typed(standin, told.commands)
    before = listening(standin)
    state = await retried(standin)
    assert isinstance(state, s.Idle)
    assert (state.instance.version, await standin.running(), listening(standin)) == ("1.1.0", "1.1.0", before)
    assert await standin.items() == ["first"]
    assert len(await standin.kept("database")) == 1
