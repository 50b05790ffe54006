"""Roll back: the version of before with all that it had, and what would be lost is told first."""

import asyncpg
import pytest

from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import RequestRollback
from tests.databases import run
from tests.world import World


async def test_a_rollback_tells_the_writes_first_and_then_restores_every_row(standin: World) -> None:
    """Writes after the upgrade are told by table, stay in the database kept aside, and the old rows are all back."""
    before = await standin.shape()
    await standin.upgrade("2.0.0")
    if not standin.serves:
        await _nothing_to_lose(standin, before)
        return
    for name in ("second", "third", "fourth"):  # the session that writes them reports only the first at once
        await standin.write(name)
    running = await standin.driver.running()
    loaded = await standin.roll_back(accept=False)
    refused = await standin.one(e.RollbackRefused)
    assert refused.writes.total == 3
    assert refused.writes.tables == {"public.items": 3}
    assert refused.problem.code == "writes-would-be-lost"
    assert "3 writes" in refused.problem.detail
    assert isinstance(loaded.state, s.Idle)
    assert await standin.driver.running() == running
    loaded = await standin.roll_back(accept=True)
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.instance.version == "1.1.0" == await standin.running()
    assert await standin.shape() == before
    assert (await standin.one(e.DatabaseRestored)).writes == refused.writes
    assert (await standin.one(e.UpgradeRolledBack)).downtime_ms
    await _kept_as_evidence(standin)


async def _nothing_to_lose(standin: World, before: list[tuple[object, ...]]) -> None:
    """What keeps no data goes back at once, to every file of before, and says that there was nothing to restore."""
    loaded = await standin.roll_back(accept=False)
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.instance.version == "1.1.0" == await standin.running()
    assert loaded.state.instance.kept == ()
    assert await standin.shape() == before
    assert await standin.summary(e.DatabaseRestored) == "nothing to restore"


async def _kept_as_evidence(standin: World) -> None:
    (kept,) = await standin.kept("database")
    connection = await standin.connects(kept)
    try:
        assert await connection.fetchval("SELECT count(*) FROM items WHERE name = 'second'") == 1
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await connection.execute("DELETE FROM items")
    finally:
        await connection.close()


@pytest.mark.kinds("npx")
async def test_a_rollback_that_loses_nothing_needs_no_consent(standin: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing was written since the upgrade, a rollback goes through without anything accepted."""
    monkeypatch.setattr("astrolabe.workers.steps.counting.FLUSH_SECONDS", 0)
    await standin.upgrade("2.0.0")
    loaded = await standin.roll_back(accept=False)
    assert isinstance(loaded.state, s.Idle)
    assert await standin.running() == "1.1.0"
    turned = await standin.one(e.RollbackStarted)
    for counted in (turned.writes, (await standin.one(e.DatabaseRestored)).writes):
        assert counted
        assert counted.total == 0


@pytest.mark.kinds("npx", "compose")
async def test_a_rollback_without_its_copy_is_refused_before_anything_stops(standin: World) -> None:
    """Somebody dropped the copy: the new version goes on, and the log says that there is no way back."""
    await standin.upgrade("2.0.0")
    copied = (await standin.one(e.DatabaseCopied)).copy
    assert copied
    await run(standin.server, f'DROP DATABASE "{copied.database}"')
    running = await standin.driver.running()
    await standin.roll_back(accept=True)
    assert (await standin.one(e.RollbackRefused)).problem.code == "copy-missing"
    assert await standin.driver.running() == running


@pytest.mark.kinds("npx", "compose")
async def test_the_success_before_is_taken_back_once_the_later_ones_are_gone(standin: World) -> None:
    """A success that was taken back, and then a failure, leave in its place what led back from the first."""
    before = await standin.shape()
    await standin.upgrade("2.0.0")
    first, second = await standin.upgrade_id(), await standin.shape()
    for target in ("2.1.0", "2.3.0"):
        loaded = await standin.upgrade(target)
        if target == "2.1.0":
            loaded = await standin.roll_back(accept=True)
        assert isinstance(loaded.state, s.Idle)
        assert loaded.state.instance.last
        assert loaded.state.instance.last.outcome == "rolled_back"
        assert (await standin.running(), await standin.shape()) == ("2.0.0", second)
    await standin.ask(RequestRollback(first, accept_lost_writes=True))
    await standin.carry_out()
    assert (await standin.running(), await standin.shape()) == ("1.1.0", before)


@pytest.mark.kinds("npx")
async def test_up_again_after_a_rollback(standin: World) -> None:
    """After a rollback the same upgrade can be asked for anew, and once more taken back."""
    before = await standin.shape()
    for _ in range(2):
        await standin.upgrade("2.0.0")
        assert await standin.running() == "2.0.0"
        await standin.roll_back(accept=True)
        assert await standin.running() == "1.1.0"
        assert await standin.shape() == before
    assert len(await standin.kept("database")) == 2
