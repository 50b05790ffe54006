"""Cutover: the point of no return, and what follows it."""

from datetime import UTC, datetime
from functools import partial

from astrolabe.domain.kinds.postgres import of_leg
from astrolabe.domain.plans.rollback_point import Writes
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.kinds.driver import GatewayId
from astrolabe.workers.steps.context import StepContext
from astrolabe.workers.steps.counting import writes_since
from astrolabe.workers.steps.fencing import evict
from astrolabe.workers.steps.files import note_cutover
from astrolabe.workers.steps.marks import mark_of, own_name
from astrolabe.workers.steps.retry import retry
from astrolabe.workers.steps.start import GatewayStart, downtime_ms
from astrolabe.workers.steps.verify import members_of, refuse_bad, until_well

ATTEMPTS = 3
PAUSE_SECONDS = 1.0


async def cut_over(context: StepContext) -> None:
    """End what ran apart where that must be, give the database its name back, and record the point of no return."""
    state = context.expect(s.Verified)
    await context.driver.close()
    await note_cutover(context, state)
    counters = await _base_line(context, state)
    await context.recorder.report(e.CutOver(state.run.upgrade_id, counters, datetime.now(UTC)))


async def _base_line(context: StepContext, state: s.Verified) -> Writes:
    database = context.driver.database
    if database is None:
        return Writes(0)
    if state.isolation.database is None:
        return (await database.counters()).bounded()
    if not await database.exists(database.name):
        # A worker before us gave it its name back and died before it could record what it had counted.
        return Writes(None)
    await database.allow()
    counters = (await database.counters()).bounded()
    await database.move(database.name, own_name(state))
    return counters


async def serve(context: StepContext) -> None:
    """Let others in, and see that the new version serves them; what they wrote does not go back unasked."""
    state, driver = context.expect(s.Serving), context.driver
    artifact, mark = s.leg_to(state), mark_of(state.run, "serving")
    apart = mark_of(state.run, of_leg("new", len(state.legs)))
    start = GatewayStart(context, artifact, mark, "verify")

    async def once() -> GatewayId:
        await evict(context)
        if driver.database and state.isolation.database:  # it was closed to get its name back
            await driver.database.allow()
        return await driver.let_in(artifact, apart, mark)

    report = partial(context.recorder.progress, "verify")
    try:
        healthy_at = await retry(
            lambda: start.until_healthy(once), attempts=ATTEMPTS, pause=PAUSE_SECONDS, on_failure=report
        )
        await driver.start_workers(artifact, mark)
        members = await until_well(context, artifact, members_of)
        refuse_bad(members, f"{artifact.package} {artifact.version}")
    except StepFailed as failure:
        await _unwell(context, state, failure)
        return
    await driver.settle(mark)
    await driver.settle(apart)
    # Who was not kept out was served as soon as it had migrated, which is recorded already.
    down = downtime_ms(state.last_healthy_at, healthy_at)
    downtime = down if state.isolation.isolated else None
    now, upgrade_id = datetime.now(UTC), state.run.upgrade_id
    done = e.UpgradeSucceeded(upgrade_id, artifact.version, (*state.checks, *members), state.counters, now, downtime)
    await context.recorder.report(done)


async def _unwell(context: StepContext, state: s.Serving, failure: StepFailed) -> None:
    """Go back where it is certain that nobody wrote; otherwise a person decides, who is shown what that would lose."""
    upgrade_id, version = state.run.upgrade_id, s.leg_to(state).version
    problem = await context.recorder.problem_of(failure)
    try:
        writes = await writes_since(context, state.counters, certain=True)
    except StepFailed:
        writes = Writes(None)
    if writes.total == 0:
        await context.recorder.report(e.RollbackStarted(upgrade_id, "failure", "verify", problem, writes))
        return
    await context.recorder.report(e.UpgradeUnwell(upgrade_id, version, problem, writes, datetime.now(UTC)))
