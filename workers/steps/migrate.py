"""The migration: stop, the copy that loses nothing, the new version, and its start followed to the end."""

from dataclasses import replace
from datetime import UTC, datetime

from astrolabe.domain.kinds.postgres import of_leg
from astrolabe.domain.plans.rollback_point import DatabaseCopy, Writes
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.instance import Run
from astrolabe.store.ports import free_port
from astrolabe.workers.instance.database import InstanceDatabase
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.probe import HealthWatch
from astrolabe.workers.kinds.driver import Following, GatewayId, IsolationMeans
from astrolabe.workers.kinds.probing import probing
from astrolabe.workers.kinds.wherever import wherever
from astrolabe.workers.steps.context import StepContext
from astrolabe.workers.steps.files import copy_files, note_cutover, would_be_filled
from astrolabe.workers.steps.marks import beside, mark_of, own_name
from astrolabe.workers.steps.recorder import Recorder
from astrolabe.workers.steps.start import GatewayStart, downtime_ms
from astrolabe.workers.steps.together import alongside, both


async def stop(context: StepContext) -> None:
    """End the old version and let nobody else write; what it acknowledged until then is in the database."""
    state, site, driver = context.expect(s.Stopping), context.site, context.driver
    if driver.database:
        await driver.database.where()  # asked for while it still serves
    following = None if await would_be_filled(context, state) else _following(state, driver.isolation)
    async with (
        probing(site, driver) as probe,
        HealthWatch(probe).running() as watch,
    ):
        await alongside(driver.stop_all(following), _at_its_end(context, watch, following))
    if isinstance(context.recorder.state, s.Stopping):
        await _stopped(context, watch)


async def _at_its_end(context: StepContext, watch: HealthWatch, following: Following | None) -> None:
    """Go on as soon as the old version has ended, while its kind still makes the next start ready."""
    if following is None or not await context.driver.ended():
        return
    await _stopped(context, watch)
    if following.isolated:
        await context.driver.isolate()
    await copy(replace(context, state=context.recorder.state))


async def _stopped(context: StepContext, watch: HealthWatch) -> None:
    """Let nobody else write, and record since when nobody is served."""
    state, database = context.expect(s.Stopping), context.driver.database
    last = state.last_healthy_at or watch.last_healthy_at or _begun_at(context.recorder, state.run)
    counters = await _count_and_block(database, s.cuts_over_at_once(state)) if database else None
    serves = context.site.config.serves
    await context.recorder.report(e.InstanceStopped(state.run.upgrade_id, last, serves, counters))


async def _count_and_block(database: InstanceDatabase, count: bool) -> Writes | None:
    # In this order: what others write between the two is in the copy, and only counted once too often.
    counters = (await database.counters()).bounded() if count and await database.open() else None
    await database.block()
    return counters


def _following(state: s.Stopping, means: IsolationMeans) -> Following | None:
    # What runs on a port of its own is not made ready: that port is not known yet.
    isolated = means.complete and not s.cuts_over_at_once(state)
    return None if state.plan.stops else Following(s.leg_to(state), _mark(state), isolated)


def _mark(state: s.Touched) -> str:
    return mark_of(state.run, of_leg("new", len(state.legs)))


def _begun_at(recorder: Recorder, run: Run) -> datetime:
    # A worker before us stopped it and died; it still served when the step was first begun.
    return next(each.recorded_at for each in recorder.history if _begins(each.event, run))


def _begins(event: e.Event, run: Run) -> bool:
    match event:
        case e.StepStarted(upgrade_id, attempt, "migrate"):
            return (upgrade_id, attempt) == (run.upgrade_id, run.attempt)
        case _:
            return False


async def copy(context: StepContext) -> None:
    """Copy the stopped database, and what has changed of the files: the way back without a lost write."""
    state = context.expect(s.Stopped)
    files, database = await both(copy_files(context, state), _copied(context.driver.database, state))
    await context.recorder.report(e.DatabaseCopied(state.run.upgrade_id, database, files))


async def _copied(database: InstanceDatabase | None, state: s.Stopped) -> DatabaseCopy | None:
    if database is None:
        return None
    name = beside(own_name(state), state.run, of_leg("before", len(state.legs)))
    return DatabaseCopy(name, await database.copy(name))


async def start(context: StepContext) -> None:
    """Record that the database may change from here on, and where; the start itself follows that record."""
    state, means = context.expect(s.Copied), context.driver.isolation
    at_once = s.cuts_over_at_once(state) and s.is_last_leg(state)
    if at_once and state.downtime.let_in is None:
        await note_cutover(context, state)
        unknown = Writes(0) if context.driver.database is None else Writes(None)
        counters = state.downtime.at_stop or unknown
        await context.recorder.report(e.CutOver(state.run.upgrade_id, counters, datetime.now(UTC), verified=False))
        return
    # A required stop never listens where everybody asks, whatever else its kind can do.
    apart = not at_once and (means.port or not (means.complete or s.is_last_leg(state)))
    port = free_port() if apart and state.instance.config.port else None
    database = beside(own_name(state), state.run, "private") if means.database and not at_once else None
    started = e.MigrationStarted(
        state.run.upgrade_id,
        port,
        database if context.driver.database else None,
        isolated=means.complete and not at_once,
    )
    await context.recorder.report(started)


async def follow(context: StepContext) -> None:
    """Start the new version if that never happened, and follow it until it has migrated and serves."""
    state, driver = context.expect(s.Migrating), context.driver
    mark, artifact = _mark(state), s.leg_to(state)
    start = GatewayStart(context, artifact, mark, "migrate", wherever(driver))

    async def once() -> GatewayId:
        if started := await driver.started(mark):
            return started
        if await driver.was_started(mark):
            raise StepFailed(
                "start-lost",
                "The new version was started and is gone; a migration is never started twice.",
                seen=await start.said(),
                todo="Read what it said, then retry.",
            )
        if driver.database:
            await _named(driver.database, state)
        if state.isolation.isolated:
            await driver.isolate()
        if driver.database:
            await driver.database.allow()
        while job := await driver.next_job(artifact, mark):
            await start.until_ended(job)
        return await driver.start(artifact, mark)

    healthy_at = await start.until_healthy(once)
    if s.cuts_over_at_once(state) and s.is_last_leg(state):
        await driver.start_workers(artifact, mark)
    before, after, last = await _counted(context, state)
    downtime = downtime_ms(state.last_healthy_at, healthy_at)
    await context.recorder.report(e.MigrationFinished(state.run.upgrade_id, healthy_at, downtime, before, after, last))


async def _named(database: InstanceDatabase, state: s.Migrating) -> None:
    """Rename the database for as long as it migrates: whoever knows only its own name finds none."""
    known = own_name(state), *(leg.isolation.database for leg in state.legs)
    for name in dict.fromkeys(known):
        if name and name != database.name:
            await database.move(name, database.name)


async def _counted(context: StepContext, state: s.Migrating) -> tuple[int | None, int | None, str | None]:
    driver, migrations = context.driver, context.site.product.migrations
    if driver.database is None or migrations is None:
        return None, None, None
    history = await driver.database.history(migrations) or []
    old = await driver.migration_files(s.leg_from(state))
    return (len(old) if old is not None else None), len(history), history[-1] if history else None
