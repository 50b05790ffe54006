"""Retention: what was kept aside goes when its time has come, and the log says so."""

from pathlib import Path

from astrolabe.domain.plans.rollback_point import Kept
from astrolabe.domain.upgrades import events as e
from astrolabe.workers.steps.work import Work


async def discard(work: Work, kept: Kept) -> None:
    """Drop a database or delete a dump that was kept long enough."""
    site = work.site()
    if kept.what == "database":
        await site.needed_database().drop(kept.name)
    else:
        Path(kept.name).unlink(missing_ok=True)
    await work.report(e.KeptDiscarded(kept.what, kept.name), "its retention has ended")
