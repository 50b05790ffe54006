"""Counting: the writes that a way back would leave behind."""

import asyncio

from astrolabe.domain.plans.rollback_point import Writes
from astrolabe.workers.steps.context import StepContext

FLUSH_SECONDS = 10.5
"""PostgreSQL's sessions report what they wrote at the latest 10 seconds after (PGSTAT_IDLE_INTERVAL)."""


async def writes_since(context: StepContext, before: Writes, *, certain: bool = False) -> Writes:
    """Count the rows written since an earlier count, but for the product's own migration history.

    To be certain of a count of none, it is taken again once every session has reported.
    """
    database = context.driver.database
    if database is None:
        return Writes(0)
    writes = _since(context, before, await database.counters())
    if certain and writes.total == 0:
        await asyncio.sleep(FLUSH_SECONDS)
        writes = _since(context, before, await database.counters())
    return writes


async def last_writes_since(context: StepContext, before: Writes) -> Writes:
    """Close the database for good, and count to the last row that anybody wrote since an earlier count."""
    database = context.driver.database
    return Writes(0) if database is None else _since(context, before, await database.last_counters())


def _since(context: StepContext, before: Writes, now: Writes) -> Writes:
    migrations = context.site.product.migrations
    return now.since(before, migrations.table if migrations else None).bounded()
