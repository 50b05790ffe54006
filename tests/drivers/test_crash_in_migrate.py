"""Crash in migrate: a new version that ends, or cannot begin, is taken back by itself."""

import pytest

from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import RequestUpgrade, Retry
from astrolabe.store.ids import new_id
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.steps import rollback
from astrolabe.workers.steps.context import StepContext
from tests.databases import run
from tests.drivers.outcomes import rolled_back
from tests.hooked import Killed, hooked, upgrade, when
from tests.world import World


async def test_a_migration_that_fails_half_way_is_taken_back(standin: World) -> None:
    """The history names the migration and the reason; what it had changed is in the database kept aside."""
    if not standin.serves:
        turned = await rolled_back(standin, "1.2.0", "wrong-version")
        assert turned.problem
        assert "its settings cannot be read" in turned.problem.detail
        return
    turned = await rolled_back(standin, "1.2.0", "migration-failed")
    assert turned.problem
    assert "1202-link-labels failed, 4 of 5 are applied" in turned.problem.detail
    assert "unique constraint" in turned.problem.detail
    (kept,) = await standin.kept("database")
    assert await standin.rows("SELECT name FROM items", kept) == [("FIRST",)]


async def test_a_process_that_ends_before_it_serves_is_taken_back(standin: World) -> None:
    """The code it ended with and what it said last stand in the log."""
    if not standin.serves:
        turned = await rolled_back(standin, "1.5.0", "wrong-version")
        assert turned.problem
        assert "does not say its version, but: cannot go on" in turned.problem.detail
        return
    turned = await rolled_back(standin, "1.5.0", "start-failed")
    assert turned.problem
    assert "ended with code 3" in turned.problem.detail
    assert "cannot go on" in turned.problem.seen


@pytest.mark.kinds("npx", "compose")
async def test_a_gateway_that_died_with_its_worker_in_mid_migration_is_not_started_again(standin: World) -> None:
    """A start that happened and left no process is taken back, never repeated."""

    async def die() -> None:
        await standin.stop()
        raise Killed

    await standin.ask(RequestUpgrade(new_id(), "2.0.0"))
    with pytest.raises(Killed):
        await hooked(standin, "worker-1", when({"before MigrationFinished": die}))(standin.instance_id)
    await standin.carry_out("worker-2")
    assert await standin.running() == "1.1.0"
    assert (await standin.problem()).code == "start-lost"
    assert len(await standin.gateways()) == 1
    assert await standin.copies() == {*await standin.kept("database")}


@pytest.mark.kinds("npx", "compose")
async def test_a_failed_upgrade_can_be_retried(standin: World) -> None:
    """After the data was mended a retry goes through, under the same upgrade and as its second attempt."""
    await upgrade(standin, "2.0.0", MigrationStarted=lambda: _limit(standin, 0))
    await standin.find_database()
    assert await standin.running() == "1.1.0"
    await standin.ask(Retry(await standin.upgrade_id()))
    loaded = await standin.carry_out()
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.instance.version == "2.0.0" == await standin.running()
    assert loaded.state.instance.succeeded
    assert loaded.state.instance.succeeded.attempt == 2
    assert len(await standin.databases()) == 3


async def _limit(standin: World, connections: int) -> None:
    await standin.find_database()
    await run(standin.server, f"ALTER DATABASE {standin.database} CONNECTION LIMIT {connections}")


@pytest.mark.kinds("npx")
async def test_a_database_that_refuses_the_new_version_is_taken_back(standin: World) -> None:
    """A database that lets nobody in when the new version starts ends rolled back, with what the version said."""
    before = await standin.shape()
    loaded = await upgrade(standin, "2.0.0", MigrationStarted=lambda: _limit(standin, 0))
    assert isinstance(loaded.state, s.Idle)
    turned = await standin.one(e.RollbackStarted)
    assert turned.problem
    assert turned.problem.code == "start-failed"
    assert "too many connections" in turned.problem.detail
    assert await standin.running() == "1.1.0"
    assert await standin.shape() == before


@pytest.mark.kinds("npx")
async def test_a_role_locked_out_for_a_while_is_waited_for(standin: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way back is tried again while the server refuses the role, and ends well once it does not."""
    before = await standin.shape()
    lock, unlock = (f"ALTER ROLE {standin.database} {word}" for word in ("NOLOGIN", "LOGIN"))
    restore, tries = rollback._restore, []

    async def until_let_in(context: StepContext) -> None:
        tries.append(context)
        try:
            await restore(context)
        except StepFailed:
            await run(standin.server, unlock)
            raise

    monkeypatch.setattr(rollback, "_restore", until_let_in)
    loaded = await upgrade(standin, "2.0.0", MigrationStarted=lambda: run(standin.server, lock))
    assert isinstance(loaded.state, s.Idle)
    problem = await standin.problem()
    assert problem.code == "database-error"
    assert "not permitted to log in" in problem.detail
    assert len(tries) == 2
    assert await standin.running() == "1.1.0"
    assert await standin.shape() == before
