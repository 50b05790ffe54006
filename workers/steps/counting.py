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
    database, migrations = context.driver.database, context.site.product.migrations
    if database is None:
        return Writes(0)
    own = migrations.table if migrations else None
    writes = (await database.counters()).since(before, own).bounded()
    if certain and writes.total == 0:
        await asyncio.sleep(FLUSH_SECONDS)
        writes = (await database.counters()).since(before, own).bounded()
    return writes
