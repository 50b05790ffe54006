"""Recording that upgrades ended well, as a process: `python -m bench.completions NUMBER OF EACH INSTANCES`."""

import asyncio
import os
import sys
from datetime import UTC, datetime

from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.plans.plan import Check
from astrolabe.domain.plans.rollback_point import Writes
from astrolabe.domain.recorded import Cause
from astrolabe.domain.upgrades.events import InstanceRegistered, UpgradeSucceeded
from astrolabe.store.database import Database
from astrolabe.store.errors import Conflict
from astrolabe.store.ids import named_id, new_id
from astrolabe.store.log.log import Log

BY = Cause("storm", "measuring", "bench")


async def record(number: int, of: int, each: int, instances: int) -> None:
    """Complete upgrades on every instance of this process, going on where the last one died; then wait to be ended."""
    async with Database(os.environ["DATABASE_URL"], pool_size=1) as database:
        log = Log(database)
        for version in range(each + 1):
            for nth in range(number, instances, of):
                stream = named_id("storm", str(nth))
                if await log.head(stream) == version:
                    await _append(log, stream, version, nth)
        await asyncio.Event().wait()


async def _append(log: Log, stream: str, version: int, nth: int) -> None:
    if version == 0:
        event = InstanceRegistered(InstanceConfig(f"storm-{nth}", "unleash", 4242), "1.0.0")
    else:
        seen = (Check("health", ok=True, seen="GOOD"),)
        event = UpgradeSucceeded(new_id(), "2.0.0", seen, Writes(0, {}), datetime.now(UTC))
    # What was killed may still have an append under way.
    try:
        await log.append(stream, version, [event], BY)
    except Conflict:
        return


if __name__ == "__main__":
    asyncio.run(record(*map(int, sys.argv[1:5])))
