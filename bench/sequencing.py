"""A sequencer as a process of its own: `python -m bench.sequencing`."""

import asyncio
import os

from astrolabe.store.database import Database
from astrolabe.store.log.sequencer import Sequencer


async def _run() -> None:
    async with Database(os.environ["ASTROLABE_BENCH_URL"], pool_size=1) as database:
        await Sequencer(database).run()


if __name__ == "__main__":
    asyncio.run(_run())
