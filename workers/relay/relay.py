"""The relay: tails the log and tells the workers; the sweeper finds what a lost message left behind."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from typing import Any, cast

import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.errors import DramatiqError

from astrolabe.domain.upgrades.events import (
    AdoptionRequested,
    InstanceReconfigured,
    InstanceRegistered,
    RollbackRequested,
    RollbackStarted,
    UpgradeApproved,
    UpgradeRequested,
    UpgradeRetried,
)
from astrolabe.domain.upgrades.reconcile import ACTIONS
from astrolabe.domain.upgrades.states import Absent
from astrolabe.store.database import Database
from astrolabe.store.log.cursor import Cursor
from astrolabe.store.log.entry import AnyRecorded
from astrolabe.store.log.log import Log
from astrolabe.store.log.sequencer import Sequencer
from astrolabe.store.log.tail import Tail
from astrolabe.store.outage import is_outage
from astrolabe.store.outputs import Outputs
from astrolabe.store.streams.instances import Instances
from astrolabe.store.views.projector import Projector
from astrolabe.store.views.queries import Views
from astrolabe.workers.broker import enqueue

LOG = logging.getLogger("astrolabe.relay")

WAKING = (
    InstanceRegistered,
    InstanceReconfigured,
    AdoptionRequested,
    UpgradeRequested,
    UpgradeRetried,
    UpgradeApproved,
    RollbackRequested,
    RollbackStarted,
)
"""The events after which a worker must be notified; after all others it goes on by itself."""

RECONCILE_SECONDS = 1.0
QUIET = timedelta(seconds=3)
"""How long something may be due with nobody at it before its worker is notified again."""

PAUSE_SECONDS = (0.1, 5.0)


class Relay:
    """Everything that follows the log: order, views, messages and the sweeper."""

    def __init__(self, database: Database, tail: Tail, broker: RedisBroker) -> None:
        self._tail: Tail = tail
        self._broker: RedisBroker = broker
        self._log: Log = Log(database)
        self._instances: Instances = Instances(self._log)
        self._sequencer: Sequencer = Sequencer(database)
        self._projector: Projector = Projector(database, self._log)
        self._views: Views = Views(database)
        self._outputs: Outputs = Outputs(database)
        self._cursor: Cursor = Cursor(database, "relay")

    async def run(self) -> None:
        """Follow the log for ever; what one part waits for delays no other part."""
        async with asyncio.TaskGroup() as group:
            for part in (self._sequencer.run, self._project, self._notify, self._reconcile):
                group.create_task(lasting(part))

    async def _project(self) -> None:
        while True:
            heard = self._tail.heard
            if not await self._projector.step():
                await self._tail.wait(since=heard)

    async def _notify(self) -> None:
        position = await self._cursor.get()
        while True:
            heard = self._tail.heard
            batch = await self._log.read_all(position)
            await self._notify_hosts(batch)
            if batch:
                position = cast("int", batch[-1].position)
                await self._cursor.put(position)
            else:
                await self._tail.wait(since=heard)

    async def _notify_hosts(self, batch: Sequence[AnyRecorded]) -> None:
        woken = dict.fromkeys(each.stream_id for each in batch if isinstance(each.event, WAKING))
        found = await asyncio.gather(*(self._instances.current(instance_id) for instance_id in woken))
        due = [(each.stream_id, each.state) for each in found if type(each.state) in ACTIONS]
        hosts = [
            (state.instance.config.host, instance_id) for instance_id, state in due if not isinstance(state, Absent)
        ]
        if hosts:
            await asyncio.to_thread(self._enqueue, hosts)

    def _enqueue(self, hosts: Sequence[tuple[str, str]]) -> None:
        for host, instance_id in hosts:
            enqueue(self._broker, host, instance_id)

    async def _reconcile(self) -> None:
        while True:
            for row in await self._views.unattended(QUIET):
                if await asyncio.to_thread(enqueue, self._broker, row.host, row.instance_id):
                    LOG.info("notified again: %s is due on %s", row.due or "a discard", row.instance_id)
            await self._outputs.discard_expired()
            await asyncio.sleep(RECONCILE_SECONDS)


async def lasting(part: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Begin a part again whenever a server that it needs is away; it has forgotten nothing, for its place is kept."""
    shortest, longest = PAUSE_SECONDS
    pause = shortest
    while True:
        started = asyncio.get_running_loop().time()
        try:
            await part()
        except Exception as error:
            if not (is_outage(error) or isinstance(error, redis.RedisError | DramatiqError)):
                raise
            LOG.warning("%s: %s: %s", part.__name__, type(error).__name__, str(error).partition("\n")[0])
        if asyncio.get_running_loop().time() - started > longest:
            pause = shortest
        await asyncio.sleep(pause)
        pause = min(2 * pause, longest)
