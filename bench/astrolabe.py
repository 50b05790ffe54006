"""Astrolabe's own append: one process with many callers, and a sequencer in another, as in production."""

import asyncio
import sys
import time
from pathlib import Path

from astrolabe.store.database import Database
from astrolabe.store.ids import new_id
from astrolabe.store.log.log import Log
from astrolabe.store.log.sequencer import Sequencer
from astrolabe.workers.programs import shell
from bench.row import CAUSE, event
from bench.server import environment

HOME = Path(__file__).parents[1]
CHECK = "SELECT tree_size FROM log_head"


class Astrolabe:
    """Each client appends to a stream of its own, with its expected version."""

    def __init__(self, url: str, logs: Path) -> None:
        self.name: str = "astrolabe"
        self._url: str = url
        self._logs: Path = logs

    async def run(self, clients: int, seconds: float) -> float:
        """Append for some seconds, and see that everything acknowledged got its place; return appends a second."""
        argv = [sys.executable, "-m", "bench.sequencing"]
        env = environment(ASTROLABE_BENCH_URL=self._url)
        sequencing = shell.supervise(argv, env=env, log=self._logs / "sequencing.log", cwd=HOME)
        try:
            async with Database(self._url, pool_size=clients) as database:
                return await _measure(database, clients, seconds)
        finally:
            await sequencing.stop()


async def _measure(database: Database, clients: int, seconds: float) -> float:
    log, before = Log(database), await _placed(database)
    await asyncio.gather(*(log.head(new_id()) for _ in range(clients)))
    started = time.perf_counter()
    counts = await asyncio.gather(*(_append(log, started + seconds) for _ in range(clients)))
    took = time.perf_counter() - started
    if (placed := await _placed(database) - before) != sum(counts):
        raise AssertionError(f"{sum(counts)} events were acknowledged and {placed} have a place")
    return sum(counts) / took


async def _append(log: Log, until: float) -> int:
    stream_id, version, events = new_id(), 0, [event()]
    while time.perf_counter() < until:
        await log.append(stream_id, version, events, CAUSE)
        version += 1
    return version


async def _placed(database: Database) -> int:
    await Sequencer(database).drain()
    return await database.pool.fetchval(CHECK)
