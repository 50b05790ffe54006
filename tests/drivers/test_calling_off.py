"""A way back that is called off: whoever wrote after it had begun has the row, in the version that goes on."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import Cancel, RequestRollback
from tests.hooked import Killed, Mortality, hooked, mortal_effects, outlive, upgrade, when
from tests.world import World

OFF = ["RollbackRequested", "RollbackStarted", "RollbackCalledOff", "UpgradeResumed"]


@pytest.fixture(autouse=True)
def _reported_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No session of these tests waits with what it has to report."""
    monkeypatch.setattr("astrolabe.workers.steps.counting.FLUSH_SECONDS", 0)


async def asked_back(standin: World, meanwhile: Callable[[], Awaitable[object]], *, accept: bool = False) -> s.Idle:
    """Ask for the way back, and let something happen once it has begun."""
    await standin.ask(RequestRollback(await standin.upgrade_id(), accept))
    await hooked(standin, "worker-1", when({"after RollbackStarted": meanwhile}))(standin.instance_id)
    state = (await standin.loaded()).state
    assert isinstance(state, s.Idle)
    return state


async def as_it_was(standin: World) -> None:
    """The new version serves, as one gateway, on its own database, with its way back beside it."""
    assert await standin.running() == "2.0.0"
    assert len(await standin.gateways()) == 1
    assert await standin.supervised()
    state = (await standin.loaded()).state
    assert isinstance(state, s.Idle)
    assert state.instance.version == "2.0.0"
    point = state.instance.rollback_point
    assert point
    assert point.copy
    assert await standin.copies() == {point.copy.database}


@pytest.mark.kinds("npx", "compose")
async def test_who_wrote_after_it_had_begun_loses_nothing(standin: World) -> None:
    """The number is in the log, the new version goes on with the row; once it is accepted, it is left behind."""
    await standin.upgrade("2.0.0")
    await asked_back(standin, lambda: standin.write("late"))
    off = await standin.one(e.RollbackCalledOff)
    assert (off.writes.total, off.writes.tables) == (1, {"public.items": 1})
    assert "1 write " in off.problem.detail
    assert (await standin.facts())[-4:] == OFF
    assert (await standin.one(e.UpgradeResumed)).downtime_ms
    assert await standin.items() == ["first", "late"]
    await as_it_was(standin)
    loaded = await standin.roll_back(accept=True)
    assert isinstance(loaded.state, s.Idle)
    assert await standin.running() == "1.1.0"
    left = (await standin.one(e.DatabaseRestored)).writes
    assert left
    assert left.total == 1


@pytest.mark.kinds("npx")
async def test_a_number_that_nobody_knows_calls_it_off_as_well(standin: World) -> None:
    """The server's counters began anew after it had begun: that is not none."""
    await standin.upgrade("2.0.0")
    await asked_back(standin, lambda: standin.rows("SELECT pg_stat_reset()"))
    off = await standin.one(e.RollbackCalledOff)
    assert off.writes.total is None
    assert "an unknown number of writes" in off.problem.detail
    assert await standin.items() == ["first"]
    await as_it_was(standin)


@pytest.mark.kinds("npx")
async def test_what_was_accepted_is_left_behind_and_counted_to_the_last_row(standin: World) -> None:
    """Whoever accepts lost writes is not asked again; the number in the log is that of the closed database."""
    await standin.upgrade("2.0.0")
    await standin.write("second")
    state = await asked_back(standin, lambda: standin.write("late"), accept=True)
    assert state.instance.version == "1.1.0" == await standin.running()
    left = (await standin.one(e.DatabaseRestored)).writes
    assert left
    assert left.tables == {"public.items": 2}


@pytest.mark.kinds("npx")
async def test_the_number_outlives_the_worker_that_counted(standin: World) -> None:
    """It is recorded before the databases are swapped: a worker that finds them swapped could not count any more."""
    await standin.upgrade("2.0.0")
    await standin.ask(RequestRollback(await standin.upgrade_id(), accept_lost_writes=True))

    async def die() -> None:
        raise Killed

    moments = {"after RollbackStarted": lambda: standin.write("late"), "before DatabaseRestored": die}
    with pytest.raises(Killed):
        await hooked(standin, "worker-1", when(moments))(standin.instance_id)
    await standin.carry_out("worker-2")
    assert await standin.running() == "1.1.0"
    for told in (await standin.one(e.WritesCounted), await standin.one(e.DatabaseRestored)):
        assert told.writes
        assert told.writes.tables == {"public.items": 1}


@pytest.mark.kinds("npx")
async def test_an_automatic_way_back_is_called_off_as_well(standin: World) -> None:
    """A version that does not come up a second time, and somebody who writes past it: an alarm with the number."""

    async def write() -> None:
        connection = await standin.connects()
        await connection.execute("INSERT INTO items (name) VALUES ('late')")
        await connection.close()

    loaded = await upgrade(standin, "1.7.0", RollbackStarted=write)
    assert (await standin.facts())[-4:] == ["CutOver", "RollbackStarted", "RollbackCalledOff", "UpgradeUnwell"]
    for told in (await standin.one(e.RollbackCalledOff), await standin.one(e.UpgradeUnwell)):
        assert (told.writes.total, told.writes.tables) == (1, {"public.items": 1})
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.instance.version == "1.7.0"
    assert loaded.state.instance.rollback_point
    assert ("late",) in await standin.rows("SELECT name FROM items")
    assert len(await standin.copies()) == 1


async def forget(standin: World) -> None:
    """Begin the server's counters anew, as a crash does, once somebody has written to the version that is let in."""
    await standin.write("late")
    await standin.rows("SELECT pg_stat_reset()")


@pytest.mark.kinds("npx")
async def test_at_once_an_unknown_number_is_a_persons_decision(standin: World) -> None:
    """Whoever lets others in at once accepts a number, and not that nobody knows it: the sick version goes on."""
    await standin.reconfigure(cutover="at-once")
    loaded = await upgrade(standin, "1.6.0", MigrationFinished=lambda: forget(standin))
    assert (await standin.facts())[-3:] == ["RollbackStarted", "RollbackCalledOff", "UpgradeUnwell"]
    for told in (await standin.one(e.RollbackCalledOff), await standin.one(e.UpgradeUnwell)):
        assert told.writes.total is None
    assert "an unknown number of writes" in (await standin.one(e.RollbackCalledOff)).problem.detail
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.instance.version == "1.6.0" == await standin.running()
    assert await standin.items() == ["first", "late"]
    assert len(await standin.gateways()) == 1
    await standin.roll_back(accept=False)
    assert (await standin.one(e.RollbackRefused)).writes.total is None
    await standin.roll_back(accept=True)
    assert await standin.running() == "1.1.0"
    assert await standin.items() == ["first"]


@pytest.mark.kinds("npx")
async def test_at_once_a_cancel_is_called_off_where_the_number_is_unknown(standin: World) -> None:
    """A version that is well goes on: the upgrade ends on it, with its way back."""
    await standin.reconfigure(cutover="at-once")

    async def forget_and_cancel() -> None:
        await forget(standin)
        await standin.ask(Cancel(await standin.upgrade_id(), datetime.now(UTC)))

    loaded = await upgrade(standin, "2.0.0", MigrationFinished=forget_and_cancel)
    assert (await standin.facts())[-3:] == OFF[1:]
    assert isinstance(loaded.state, s.Idle)
    assert await standin.items() == ["first", "late"]
    await as_it_was(standin)


@pytest.mark.deaths
@pytest.mark.kinds("npx")
async def test_it_outlives_a_death_at_every_moment(standin: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """One worker dies around each record, statement and process; the new version is started once, with the row."""
    await standin.upgrade("2.0.0")
    await standin.ask(RequestRollback(await standin.upgrade_id(), accept_lost_writes=False))
    mortality = Mortality(since="after RollbackStarted")
    hook, written = mortality.hook, False

    async def writing(moment: str) -> None:
        nonlocal written
        if moment == "after RollbackStarted" and not written:
            written = True
            await standin.write("late")
        await hook(moment)

    mortality.hook = writing  # type: ignore[method-assign]
    mortal_effects(monkeypatch, mortality)
    died_at = await outlive(standin, mortality)
    assert {"before RollbackCalledOff", "after RollbackCalledOff", "before the start", "after the start"} <= {*died_at}
    assert (await standin.facts())[-4:] == OFF
    assert (await standin.one(e.RollbackCalledOff)).writes.total == 1
    assert await standin.items() == ["first", "late"]
    await as_it_was(standin)
