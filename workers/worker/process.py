"""The worker as a process: it consumes its host's queue, carries out what is due, and looks at what runs."""

import asyncio
import logging
import os
from concurrent.futures import ThreadPoolExecutor

import uvloop

from astrolabe.store.database import Database, Kept
from astrolabe.store.heap import freeze_heap
from astrolabe.store.settings import DEFAULTS, Settings
from astrolabe.workers.backoff import through_outages
from astrolabe.workers.broker import open_broker, queue_of
from astrolabe.workers.instance.host import Host
from astrolabe.workers.process import log_to_stderr, stop_requested
from astrolabe.workers.worker.async_actor import declare
from astrolabe.workers.worker.carry_out import CarryOut
from astrolabe.workers.worker.consuming import Consuming
from astrolabe.workers.worker.observer import Observer

LOG = logging.getLogger("astrolabe.worker")

KEPT = Kept(engine=0)
"""Only who looks for what is to be observed asks by SQLAlchemy, once a minute."""

CONNECTIONS = (4, 8)
"""How many connections are open at the most, however few or many instances: statements are short, and mostly shared."""

SPARE_THREADS = 32
"""How many threads there are beyond those for what has places: for what is copied while an instance is stopped."""


def run_worker(database_url: str, redis_url: str, host: Host, threads: int, settings: Settings = DEFAULTS) -> None:
    """Carry out what is due on a host until SIGTERM or SIGINT; gateways that were started go on."""
    log_to_stderr()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(database_url, redis_url, host, threads, settings))


async def _run(database_url: str, redis_url: str, host: Host, threads: int, settings: Settings) -> None:
    stop = stop_requested()
    at_work = ThreadPoolExecutor(3 * host.places.total + SPARE_THREADS, "at-work")
    asyncio.get_running_loop().set_default_executor(at_work)

    async def serve() -> None:
        # One log for all instances of this process, so that what they record shares statements.
        fewest, most = CONNECTIONS
        async with Database(database_url, pool_size=min(max(fewest, threads), most), kept=KEPT) as database:
            await _serve(database, redis_url, host, threads, settings)

    serving = asyncio.create_task(through_outages(serve))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    for each in (serving, stopping):
        each.cancel()
    await asyncio.wait((serving, stopping))
    if not serving.cancelled():
        serving.result()


async def _serve(database: Database, redis_url: str, host: Host, threads: int, settings: Settings) -> None:
    name = f"{host.name}:{os.getpid()}"
    carry_out = CarryOut(database, host, name, lease_seconds=settings.lease_seconds)
    observer = Observer(database, host, name)

    async def look() -> None:
        await observer.run(settings.observe_seconds)

    broker, queue = open_broker(redis_url), queue_of(host.name)
    declare(broker, queue, carry_out)
    consuming = Consuming(broker, queue, threads)
    freeze_heap()
    consuming.start()
    LOG.info("carries out what is due on %s", host.name)
    try:
        await through_outages(look)
    finally:
        await consuming.end()
