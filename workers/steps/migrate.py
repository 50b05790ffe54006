"""The migration: stop, the copy that loses nothing, the new version, and its start followed to the end."""

from datetime import datetime

from domain import events as e
from domain import states as s
from domain.rollback_point import DatabaseCopy
from domain.states import Run
from workers.failure import StepFailed
from workers.probe import Probe, Watch
from workers.steps.start import Start
from workers.work import Superseded, Work


def mark_of(run: Run, which: str) -> str:
    """Name one start of one attempt of an upgrade."""
    return f"{run.upgrade_id}-{run.attempt}-{which}"


def beside(name: str, run: Run, which: str) -> str:
    """Name a database beside the instance's own; at most 63 bytes, as PostgreSQL allows."""
    return f"{name}_{which}_{run.upgrade_id.replace('-', '')[-12:]}_{run.attempt}"


async def stop(work: Work) -> None:
    """End the old version and let nobody else write; what it acknowledged until then is in the database."""
    await work.begin("migrate")
    state = work.state
    if not isinstance(state, s.Stopping):
        raise Superseded(type(state).__name__)
    site, driver = work.site(), work.driver()
    async with Probe.open(site.config, site.product) as probe, Watch(probe).running() as watch:
        await driver.stop_all()
        last = watch.last_healthy_at or _begun_at(work, state.run)
    if site.database:
        await site.database.block()
    await work.report(e.InstanceStopped(state.run.upgrade_id, last))


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
    database = work.site().database
    copied = None
    if database:
        name = beside(database.name, state.run, "before")
        copied = DatabaseCopy(name, await database.copy(name))
    await work.report(e.DatabaseCopied(state.run.upgrade_id, copied))


async def start(work: Work) -> None:
    """Record that the database may change from here on; the start itself follows that record."""
    await work.begin("migrate")
    await work.report(e.MigrationStarted(work.busy.run.upgrade_id))


async def follow(work: Work) -> None:
    """Start the new version if that never happened, and follow it until it has migrated and serves."""
    await work.begin("migrate")
    state = work.state
    if not isinstance(state, s.Migrating):
        raise Superseded(type(state).__name__)
    site, driver, run = work.site(), work.driver(), state.run
    mark = mark_of(run, "new")
    started = driver.started(mark)
    if started is None:
        if driver.was_started(mark):
            raise StepFailed(
                "start-lost",
                "The new version was started and its process is gone; a migration is never started twice.",
                seen=Start(work, state.plan.new, mark, "migrate").said(),
                todo="Read what it said, then retry.",
            )
        if site.database:
            await site.database.allow()
        started = driver.start(state.plan.new, mark)
    healthy_at = await Start(work, state.plan.new, mark, "migrate").until_healthy(started)
    before, after, last = await _counted(work, state)
    downtime = max(0, round((healthy_at - state.last_healthy_at).total_seconds() * 1000))
    await work.report(e.MigrationFinished(run.upgrade_id, healthy_at, downtime, before, after, last))


async def _counted(work: Work, state: s.Migrating) -> tuple[int | None, int | None, str | None]:
    site = work.site()
    if site.database is None or site.product.migrations is None:
        return None, None, None
    history = await site.database.history(site.product.migrations) or []
    old = work.driver().migration_files(state.plan.old)
    return (len(old) if old is not None else None), len(history), history[-1] if history else None
