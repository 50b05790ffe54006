"""The relay: tails the log and notifies the workers; a reconcile loop finds what a lost message left behind."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import cast

from dramatiq.brokers.redis import RedisBroker

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
from astrolabe.domain.upgrades.instance_row import InstanceRow
from astrolabe.domain.upgrades.reconcile import ACTIONS, due
from astrolabe.domain.upgrades.retention import holds_kept
from astrolabe.domain.upgrades.states import Absent
from astrolabe.store.database import Database
from astrolabe.store.log.cursor import Cursor
from astrolabe.store.log.entry import AnyRecorded
from astrolabe.store.log.log import Log
from astrolabe.store.log.sequencer import Sequencer
from astrolabe.store.log.tail import Tail
from astrolabe.store.outputs import Outputs
from astrolabe.store.streams.holds import HoldsInForce
from astrolabe.store.streams.instances import Instances
from astrolabe.store.views.projector import Projector
from astrolabe.store.views.queries import Views
from astrolabe.workers.backoff import through_outages
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
"""How often is looked for what nobody is at while something is due; at rest, once the views move or a time has come."""

LONGEST_SECONDS = 60.0
"""How long is waited for a time that has come by the database's clock, and how often expired outputs are discarded."""
GATHER_SECONDS = 0.02
"""How long events are gathered before the lists follow: workers are notified first, and together they cost less."""

QUIET = timedelta(seconds=3)
"""How long something may be due with nobody at it before its worker is notified again."""


class Relay:
    """Everything that follows the log: order, views, messages, and the reconcile loop."""

    def __init__(self, database: Database, tail: Tail, broker: RedisBroker) -> None:
        self._tail: Tail = tail
        self._broker: RedisBroker = broker
        self._log: Log = Log(database)
        self._instances: Instances = Instances(self._log)
        self._sequencer: Sequencer = Sequencer(database)
        self._projector: Projector = Projector(database, self._log)
        self._views: Views = Views(database)
        self._outputs: Outputs = Outputs(database)
        self._holds: HoldsInForce = HoldsInForce(self._log)
        self._cursor: Cursor = Cursor(database, "relay")
        self._folded: asyncio.Event = asyncio.Event()

    async def run(self) -> None:
        """Follow the log for ever; what one part waits for delays no other part."""
        async with asyncio.TaskGroup() as group:
            for part in (self._sequencer.run, self._project, self._notify, self._reconcile, self._discard):
                group.create_task(through_outages(part))

    async def _project(self) -> None:
        while True:
            heard = self._tail.heard
            folded = await self._projector.step()
            # Also where there was nothing to fold: then another relay has done it.
            self._folded.set()
            if not folded:
                await self._tail.wait(since=heard)
                await asyncio.sleep(GATHER_SECONDS)

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
            # Cleared before the look: what is folded from here on is looked at again.
            self._folded.clear()
            unattended = await self._views.unattended(QUIET)
            free = await self._not_held(unattended)
            for row in free:
                if await asyncio.to_thread(enqueue, self._broker, row.host, row.instance_id):
                    LOG.info("notified again: %s is due on %s", row.due or "a discard", row.instance_id)
            # A lease that runs out or is given back moves no view, but then something is due.
            seconds = LONGEST_SECONDS if unattended and not free else await self._views.until_due()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(LONGEST_SECONDS, seconds)):
                    await self._folded.wait()
            await asyncio.sleep(RECONCILE_SECONDS)

    async def _not_held(self, rows: Sequence[InstanceRow]) -> list[InstanceRow]:
        """Leave out the instances on which nothing is due but to discard what is held."""
        holds = await self._holds.current()
        if not holds.by_id:
            return list(rows)
        now, found = datetime.now(UTC), []
        for row in rows:
            state = (await self._instances.current(row.instance_id)).state
            if row.due or due(state, now, partial(holds_kept, holds, row.instance_id)):
                found.append(row)
        return found

    async def _discard(self) -> None:
        while True:
            await self._holds.discard_expired(self._outputs)
            await asyncio.sleep(LONGEST_SECONDS)
