"""The migration: stop, the copy that loses nothing, the new version, and its start followed to the end."""

from datetime import datetime

from astrolabe.domain.plans.rollback_point import DatabaseCopy
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.states import Run
from astrolabe.workers.instance import process
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.probe import HealthWatch, Probe
from astrolabe.workers.kinds.driver import Following, GatewayId
from astrolabe.workers.steps.marks import beside, mark_of, of_leg
from astrolabe.workers.steps.start import GatewayStart
from astrolabe.workers.steps.work import Superseded, Work


async def stop(work: Work) -> None:
    """End the old version and let nobody else write; what it acknowledged until then is in the database."""
    await work.begin("migrate")
    state = work.state
    if not isinstance(state, s.Stopping):
        raise Superseded(type(state).__name__)
    site, driver = work.site(), work.driver()
    if driver.database:
        await driver.database.where()  # asked for while it still serves
    async with Probe.open(site.config, site.product) as probe, HealthWatch(probe).running() as watch:
        await driver.stop_all(_following(state))
        last = state.last_healthy_at or watch.last_healthy_at or _begun_at(work, state.run)
    if driver.database:
        await driver.database.block()
    await work.report(e.InstanceStopped(state.run.upgrade_id, last, site.config.port is not None))


def _following(state: s.Stopping) -> Following | None:
    # A required stop is made on its private port, which is not known yet.
    return None if state.plan.stops else Following(s.leg_to(state), _mark(state))


def _mark(state: s.Touched) -> str:
    return mark_of(state.run, of_leg("new", len(state.legs)))


def _begun_at(work: Work, run: Run) -> datetime:
    # A worker before us stopped it and died; it still served when the step was first begun.
    return next(each.recorded_at for each in work.loaded.history if _begins(each.event, run))


def _begins(event: e.Event, run: Run) -> bool:
    match event:
        case e.StepStarted(upgrade_id, attempt, "migrate"):
            return (upgrade_id, attempt) == (run.upgrade_id, run.attempt)
        case _:
            return False


async def copy(work: Work) -> None:
    """Copy the stopped database: the way back without a lost write."""
    await work.begin("migrate")
    state = work.state
    if not isinstance(state, s.Stopped):
        raise Superseded(type(state).__name__)
    await work.report(e.DatabaseCopied(state.run.upgrade_id, await _copied(work, state)))


async def _copied(work: Work, state: s.Stopped) -> DatabaseCopy | None:
    database = work.driver().database
    if database is None:
        return None
    name = beside(database.name, state.run, of_leg("before", len(state.legs)))
    return DatabaseCopy(name, await database.copy(name))


async def start(work: Work) -> None:
    """Record that the database may change from here on; the start itself follows that record."""
    await work.begin("migrate")
    state = work.state
    if not isinstance(state, s.Copied):
        raise Superseded(type(state).__name__)
    serves = state.instance.config.port is not None
    private_port = None if s.is_last_leg(state) or not serves else process.free_port()
    await work.report(e.MigrationStarted(state.run.upgrade_id, private_port))


async def follow(work: Work) -> None:
    """Start the new version if that never happened, and follow it until it has migrated and serves."""
    await work.begin("migrate")
    state = work.state
    if not isinstance(state, s.Migrating):
        raise Superseded(type(state).__name__)
    driver, run = work.driver(), state.run
    mark, artifact = _mark(state), s.leg_to(state)
    start = GatewayStart(work, artifact, mark, "migrate")

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
            await driver.database.allow()
        return await driver.start(artifact, mark)

    healthy_at = await start.until_healthy(once)
    before, after, last = await _counted(work, state)
    downtime = max(0, round((healthy_at - state.last_healthy_at).total_seconds() * 1000))
    await work.report(e.MigrationFinished(run.upgrade_id, healthy_at, downtime, before, after, last))


async def _counted(work: Work, state: s.Migrating) -> tuple[int | None, int | None, str | None]:
    driver, migrations = work.driver(), work.site().product.migrations
    if driver.database is None or migrations is None:
        return None, None, None
    history = await driver.database.history(migrations) or []
    old = await driver.migration_files(s.leg_from(state))
    return (len(old) if old is not None else None), len(history), history[-1] if history else None
