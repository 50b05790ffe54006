"""Retention: what was kept aside goes when its time has come, and the log says so."""

from pathlib import Path

from astrolabe.domain.plans.rollback_point import Kept
from astrolabe.domain.upgrades import events as e
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.steps.context import StepContext
from astrolabe.workers.steps.files import discard_files


async def discard(context: StepContext, kept: Kept) -> None:
    """Drop a database, or delete a dump or a copy of files, that was kept long enough."""
    if kept.what == "dump":
        Path(kept.name).unlink(missing_ok=True)
    elif kept.what == "files":
        await discard_files(context, kept.name)
    elif database := context.driver.database:
        await database.drop(kept.name)
    else:
        raise StepFailed("database-unknown", "The instance is registered without a database by now.")
    await context.recorder.report(e.KeptDiscarded(kept.what, kept.name), "its retention has ended")
