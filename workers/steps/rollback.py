"""The way back: stop, the copy in the place of the migrated database, the old version, verified."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from astrolabe.domain.kinds.postgres import of_leg
from astrolabe.domain.plans.rollback_point import RollbackPoint, Writes
from astrolabe.domain.supervision.supervisor import SupervisorId
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.under_way import WayBack
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.probe import HealthWatch
from astrolabe.workers.kinds.driver import Following
from astrolabe.workers.kinds.probing import probing
from astrolabe.workers.steps.context import StepContext
from astrolabe.workers.steps.counting import last_writes_since, writes_since
from astrolabe.workers.steps.files import files_are_put_back, put_files_back
from astrolabe.workers.steps.marks import beside, mark_of
from astrolabe.workers.steps.obstacles import refuse_obstacles
from astrolabe.workers.steps.persevering import persevere
from astrolabe.workers.steps.resuming import call_off, would_lose
from astrolabe.workers.steps.starting_again import start_again
from astrolabe.workers.steps.taking_over import take_over

ATTEMPTS = 5
PAUSE_SECONDS = 1.0


async def assess(context: StepContext) -> None:
    """Count what a rollback would leave behind, and begin it only where that is nothing or was accepted."""
    state, recorder = context.expect(s.Assessing), context.recorder
    await _check_way_back(context, state.point)
    supervisor = await _supervisor(context, state)
    writes = await writes_since(context, state.point.counters, certain=not state.accept_lost_writes)
    if state.accept_lost_writes or writes.total == 0:
        user = None if supervisor else await context.driver.runs_as()
        started = e.RollbackStarted(state.run.upgrade_id, "request", writes=writes, supervisor=supervisor, user=user)
        await recorder.report(started)
        return
    failure = would_lose(writes, "Going back would leave {} since the upgrade behind, in a database kept aside.")
    await recorder.report(e.RollbackRefused(state.run.upgrade_id, failure.problem, writes))


async def _check_way_back(context: StepContext, point: RollbackPoint) -> None:
    """See that what the way back needs is still there, before anything stops."""
    context.site.environment()
    await context.driver.pull(point.artifact, lambda _: None)
    database = context.driver.database
    if database and point.copy and not await database.exists(point.copy.database):
        raise StepFailed(
            "copy-missing",
            f"The copy {point.copy.database} is no longer on the database server; nothing was stopped.",
            todo="There is no way back by Astrolabe; the dump of this upgrade can be restored by hand.",
        )
    await refuse_obstacles(database, "renamed")


async def _supervisor(context: StepContext, state: s.Assessing) -> SupervisorId | None:
    """Find who keeps the gateway running by now: its owner may have changed that since the upgrade."""
    found = await context.driver.supervision()
    if found is None:  # nothing runs, so there is nothing to find it by
        return state.instance.supervisor
    if not found.ok:
        problem = found.problem()
        raise StepFailed(problem.code, problem.detail, todo=problem.todo)
    return found.supervisor


async def restore(context: StepContext) -> None:
    """Stop whatever runs, and put the database of before in its place; the migrated one is kept aside.

    Where a person was called meanwhile, what that person brought up is looked at first.
    """
    await _persistently(context, _restore)


async def revive(context: StepContext) -> None:
    """Start the old version on the old database and verify it."""
    await _persistently(context, _revive)


async def _persistently(context: StepContext, step: Callable[[StepContext], Awaitable[None]]) -> None:
    """Repeat a step of the way back: there is no other way, so no bad moment must end it, nor one that lasts."""
    try:
        await persevere(context, step, attempts=ATTEMPTS, pause=PAUSE_SECONDS)
    except StepFailed as failure:
        raise _inconsistent(failure) from failure


def _inconsistent(failure: StepFailed) -> StepFailed:
    problem = failure.problem
    todo = problem.todo or "Mend what was seen, then retry."
    return StepFailed(
        problem.code, f"The way back failed: {problem.detail}", seen=problem.seen, todo=todo, output=failure.output
    )


async def _restore(context: StepContext) -> None:
    state, site, driver = context.expect(s.RollingBack), context.site, context.driver
    run, back = state.run, state.back
    if back.left and await take_over(context):
        return
    async with (
        probing(site, driver) as probe,
        HealthWatch(probe).running() as watch,
    ):
        await driver.stop_all(Following(back.artifact, mark_of(run, "old")))
        last = watch.last_healthy_at
    kept, writes = await _left_behind(context, state)
    if writes and not back.may_leave(writes):
        await call_off(context, state, writes, last)
        return
    if writes and writes.total != 0 and writes != back.last_count:
        # A worker after us finds the databases swapped, and could not count any more.
        await context.recorder.report(e.WritesCounted(run.upgrade_id, writes))
    await _put_back(context, state, kept)
    files = await put_files_back(context, state)
    await driver.end_isolation()
    if driver.database:
        await driver.database.allow()
    restored = e.DatabaseRestored(run.upgrade_id, kept, back.last_healthy_at or last, writes, files)
    await context.recorder.report(restored)


async def _left_behind(context: StepContext, state: s.RollingBack) -> tuple[str | None, Writes | None]:
    """Count what stays behind, and name the database that it is kept in; None where there is none to keep."""
    database, back = context.driver.database, state.back
    if database is None and back.migrated and back.files and back.counters:
        swapped = await files_are_put_back(context, state)
        return None, back.last_count if swapped else await last_writes_since(context, back.counters)
    if database is None or not (back.migrated and back.copy):
        return None, None
    kept = beside(database.name, state.run, "after")
    return kept, await _written(context, back, kept)


async def _written(context: StepContext, back: WayBack, kept: str) -> Writes | None:
    """Count what others wrote since they were let in; where a worker before us has swapped already, it has counted."""
    database, apart = context.driver.database, back.counters is None and back.isolated
    if database is None:
        return None
    if apart and not back.left:
        return Writes(0)  # nobody else got in
    if await database.exists(kept):
        return back.last_count
    if apart and back.private_database and await database.exists(back.private_database):
        return Writes(0)  # nor while the instance was left to a person, who may have let others in
    if back.counters is None or not await database.exists(database.name):
        return Writes(None)
    await database.allow()  # a worker before us may have died between the block and the swap
    return await last_writes_since(context, back.counters)


async def _put_back(context: StepContext, state: s.RollingBack, kept: str | None) -> None:
    database, back = context.driver.database, state.back
    if database is None:
        return
    if kept and back.copy:
        await database.swap(back.copy.database, kept, back.private_database)
    if back.cause != "request":
        # A copy that was never recorded would be a stray; those that were are kept until their retention ends.
        recorded = len(back.spare) + (1 if back.copy else 0)
        await database.drop(beside(database.name, state.run, of_leg("before", recorded)))


async def _revive(context: StepContext) -> None:
    state = context.expect(s.Restored)
    run, back = state.run, state.back
    checks, downtime = await start_again(context, back.artifact, mark_of(run, "old"), back.last_healthy_at)
    now = datetime.now(UTC)
    await context.recorder.report(e.UpgradeRolledBack(run.upgrade_id, back.artifact.version, now, checks, downtime))
