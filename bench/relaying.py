"""An ordinary relay: `python -m bench.relaying`."""

import asyncio
import os

import uvloop

from store.database import Database
from store.heap import keep_what_lasts
from store.tail import Tail
from workers.broker import open_broker
from workers.relay import Relay


async def _run() -> None:
    broker = open_broker(os.environ["ASTROLABE_BENCH_REDIS"])
    async with Database(os.environ["ASTROLABE_BENCH_URL"]) as database, Tail(database) as tail:
        keep_what_lasts()
        await Relay(database, tail, broker).run()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run())
