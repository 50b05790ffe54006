"""Recording that upgrades ended well, as a process: `python -m bench.completions NUMBER OF EACH INSTANCES`."""

import asyncio
import os
import sys
from datetime import UTC, datetime

from domain.events import InstanceRegistered, UpgradeSucceeded
from domain.instance import InstanceConfig
from domain.plan import Check
from domain.recorded import Cause
from domain.rollback_point import Writes
from store.database import Database
from store.errors import Conflict
from store.ids import named_id, new_id
from store.log import Log

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
