"""The relay as a process."""

import asyncio
import logging
import signal

import uvloop

from astrolabe.store.database import Database
from astrolabe.store.heap import freeze_heap
from astrolabe.store.log.tail import Tail
from astrolabe.store.webhooks.settings import WebhookSettings
from astrolabe.workers.broker import open_broker
from astrolabe.workers.relay.notary import Notarial, Notary
from astrolabe.workers.relay.relay import Relay, lasting
from astrolabe.workers.relay.webhooks.dispatcher import Dispatcher

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def run_relay(database_url: str, redis_url: str, notarial: Notarial, webhooks: WebhookSettings) -> None:
    """Follow the log until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format=FORMAT)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(database_url, redis_url, notarial, webhooks))


async def _run(database_url: str, redis_url: str, notarial: Notarial, webhooks: WebhookSettings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with Database(database_url) as database, Tail(database) as tail:
        relay, dispatcher = Relay(database, tail, open_broker(redis_url)), Dispatcher(database, tail, webhooks)
        following = asyncio.gather(relay.run(), lasting(Notary(database, tail, notarial).run), dispatcher.run())
        waiting = asyncio.create_task(stop.wait())
        freeze_heap()
        await asyncio.wait((following, waiting), return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if following.done():
            following.result()
        following.cancel()
        await asyncio.gather(following, waiting, return_exceptions=True)
