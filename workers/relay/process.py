"""The relay as a process."""

import asyncio
import logging

import uvloop

from astrolabe.store.database import Database, Kept
from astrolabe.store.heap import freeze_heap
from astrolabe.store.log.appended import CHANNEL as APPENDED
from astrolabe.store.log.tail import Channel, Tail
from astrolabe.store.notices.settings import NoticeSettings
from astrolabe.store.webhooks.settings import WebhookSettings
from astrolabe.workers.backoff import through_outages
from astrolabe.workers.broker import open_broker
from astrolabe.workers.process import log_to_stderr, stop_requested
from astrolabe.workers.relay.notary import Notarial, Notary
from astrolabe.workers.relay.notices.dispatcher import NoticeDispatcher
from astrolabe.workers.relay.relay import Relay
from astrolabe.workers.relay.webhooks.dispatcher import Dispatcher

LOG = logging.getLogger("astrolabe.relay")

KEPT = Kept(hot=2, engine=1)
"""What the order and whoever notifies workers need when something is asked: neither shall have to connect first."""


def run_relay(
    database_url: str, redis_url: str, notarial: Notarial, webhooks: WebhookSettings, notices: NoticeSettings
) -> None:
    """Follow the log until SIGTERM or SIGINT."""
    log_to_stderr()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(database_url, redis_url, notarial, webhooks, notices))


async def _run(
    database_url: str, redis_url: str, notarial: Notarial, webhooks: WebhookSettings, notices: NoticeSettings
) -> None:
    stop = stop_requested()
    database, appends = Database(database_url, kept=KEPT), Channel(APPENDED)
    # One connection hears of both: each is a process of the server's.
    async with database, Tail(database, beside=[appends]) as tail, asyncio.TaskGroup() as following:
        parts = [
            following.create_task(Relay(database, tail, open_broker(redis_url), appends).run()),
            following.create_task(through_outages(Notary(database, tail, notarial).run)),
            following.create_task(Dispatcher(database, tail, webhooks).run()),
            following.create_task(NoticeDispatcher(database, tail, notices).run()),
        ]
        freeze_heap()
        LOG.info("follows the log")
        await stop.wait()
        for part in parts:
            part.cancel()
