"""Counting: the writes that a way back would leave behind."""

import asyncio
import time

from astrolabe.domain.plans.rollback_point import Writes
from astrolabe.workers.instance.database import InstanceDatabase
from astrolabe.workers.steps.context import StepContext
from astrolabe.workers.steps.files import with_files

FLUSH_SECONDS = 10.5
"""PostgreSQL's sessions report what they wrote at the latest 10 seconds after (PGSTAT_IDLE_INTERVAL)."""

POLL_SECONDS = 0.25


async def writes_since(context: StepContext, before: Writes, *, certain: bool = False) -> Writes:
    """Count the rows written since an earlier count, but for the product's own migration history, and the files.

    To be certain, it is counted once every session has reported what it had written when this was asked for.
    """
    database = context.driver.database
    if database is None:
        return await with_files(context, Writes(0))
    if certain:
        await _reported(database)
    return await with_files(context, _since(context, before, await database.counters()))


async def last_writes_since(context: StepContext, before: Writes) -> Writes:
    """Close the database for good, and count to the last row that anybody wrote since an earlier count."""
    database = context.driver.database
    rows = Writes(0) if database is None else _since(context, before, await database.last_counters())
    return await with_files(context, rows)


async def _reported(database: InstanceDatabase) -> None:
    """Wait until what was written before now is counted; nobody needs to be waited for who has long been idle."""
    end = time.monotonic() + FLUSH_SECONDS
    while time.monotonic() < end and await database.unreported(FLUSH_SECONDS):  # noqa: ASYNC110  a server informs nobody
        await asyncio.sleep(POLL_SECONDS)


def _since(context: StepContext, before: Writes, now: Writes) -> Writes:
    migrations = context.site.product.migrations
    return now.since(before, migrations.table if migrations else None).bounded()
