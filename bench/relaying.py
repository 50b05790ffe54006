"""An ordinary relay: `python -m bench.relaying`."""

import asyncio
import os

import uvloop

from astrolabe.store.database import Database
from astrolabe.store.heap import freeze_heap
from astrolabe.store.log.appended import CHANNEL as APPENDED
from astrolabe.store.log.tail import Channel, Tail
from astrolabe.workers.broker import open_broker
from astrolabe.workers.relay.relay import Relay
from bench.tracing import trace


async def _run() -> None:
    broker = open_broker(os.environ["ASTROLABE_BENCH_REDIS"])
    database, appends = Database(os.environ["ASTROLABE_BENCH_URL"]), Channel(APPENDED)
    async with database, Tail(database, beside=[appends]) as tail:
        freeze_heap()
        await Relay(database, tail, broker, appends).run()


if __name__ == "__main__":
    trace()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run())
