"""The relay: tails the log and notifies the workers; a reconcile loop finds what a lost message left behind."""

import asyncio
import contextlib
import logging
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeAlias

from cachetools import LRUCache

from astrolabe.domain.streams import OWN_STREAMS
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
from astrolabe.store.log.appended import named_in
from astrolabe.store.log.cursor import Cursor
from astrolabe.store.log.entry import type_of
from astrolabe.store.log.leases import resources_of
from astrolabe.store.log.log import Log
from astrolabe.store.log.sequencer import Sequencer
from astrolabe.store.log.tail import Channel, Tail
from astrolabe.store.outputs import Outputs
from astrolabe.store.streams.holds import HoldsInForce
from astrolabe.store.streams.instances import Instances, Loaded
from astrolabe.store.views.projector import BATCH, Projector
from astrolabe.store.views.queries import Views
from astrolabe.workers.backoff import pauses, through_outages
from astrolabe.workers.broker import enqueue
from astrolabe.workers.waking import WakingBroker

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

WAKING_TYPES = frozenset(map(type_of, WAKING))

STRETCH = 1000
"""How many positions are looked through at once for what no notification named."""

RECONCILE_SECONDS = 1.0
"""How often is looked for what nobody is at while something is due; at rest, once the views move or a time has come."""

LONGEST_SECONDS = 60.0
"""How long is waited for a time that has come by the database's clock."""

DISCARD_SECONDS = 600.0
"""How often expired outputs are discarded."""

CATCH_UP_SECONDS = 0.5
"""How long events are gathered before is looked for those that no append's own notification named."""

GATHER_SECONDS = 0.02
"""How long events are gathered before the lists follow: workers are notified first, and together they cost less."""

FEW = 16
"""How many events are gathered no longer than that; the more there are, the fewer rows are written for each."""

LONGEST_GATHER_SECONDS = 0.2
"""How far the lists may be behind a busy log for that."""

QUIET = timedelta(seconds=3)
"""How long something may be due with nobody at it before its worker is notified again."""

AGAIN_SECONDS = (3.0, 30.0)
"""How long after that it is notified once more: at first, and at the most."""

REMEMBERED = 10_000
"""Of how many instances is known up to which version their hosts were notified."""

Message: TypeAlias = tuple[str, str, tuple[str, ...]]
"""A host, an instance there on which something is due, and the leases that its worker will need."""


class Relay:
    """Everything that follows the log: order, views, messages, and the reconcile loop."""

    def __init__(self, database: Database, tail: Tail, broker: WakingBroker, appends: Channel) -> None:
        """Follow a tail; `appends` is what it hears beside the log's growth, of appends that have no place yet."""
        self._tail: Tail = tail
        self._appends: Channel = appends
        self._appends.hear = self._hear
        self._broker: WakingBroker = broker
        self._log: Log = Log(database)
        self._instances: Instances = Instances(self._log)
        self._sequencer: Sequencer = Sequencer(database)
        self._projector: Projector = Projector(database, self._log)
        self._views: Views = Views(database)
        self._outputs: Outputs = Outputs(database)
        self._holds: HoldsInForce = HoldsInForce(self._log)
        self._cursor: Cursor = Cursor(database, "relay")
        self._folded: asyncio.Event = asyncio.Event()
        self._heard: dict[str, None] = {}
        self._hearing: asyncio.Event = asyncio.Event()
        self._notifying: asyncio.Lock = asyncio.Lock()
        self._notified: LRUCache[str, int] = LRUCache(REMEMBERED)
        self._sent_again: dict[str, tuple[float, Iterator[float]]] = {}

    async def run(self) -> None:
        """Follow the log for ever; what one part waits for delays no other part."""
        async with asyncio.TaskGroup() as group:
            for part in (
                partial(self._sequencer.run, self._appends),
                self._notify_at_once,
                self._notify_what_was_missed,
                self._project,
                self._reconcile,
                self._discard,
            ):
                group.create_task(through_outages(part))

    async def _project(self) -> None:
        while True:
            heard = self._tail.heard
            folded = await self._projector.step()
            # Also where there was nothing to fold: then another relay has done it.
            self._folded.set()
            if not folded:
                await self._tail.wait(since=heard)
            await asyncio.sleep(gathering(folded))

    def _hear(self, text: str) -> None:
        self._heard |= dict.fromkeys(each for each in named_in(text) if each not in OWN_STREAMS)
        if self._heard:
            self._hearing.set()

    async def _notify_at_once(self) -> None:
        """Notify workers of what an append's own notification names, before it has its place in the log."""
        while True:
            await self._hearing.wait()
            self._hearing.clear()
            heard, self._heard = self._heard, {}
            # Most were read before, and who asks wants something done: their workers need not wait for another read.
            at_once = _messages(map(self._instances.known, heard))
            await self._send(at_once)
            await self._notify_hosts(dict.fromkeys(heard, math.inf), sent=frozenset(at_once))

    async def _notify_what_was_missed(self) -> None:
        position = await self._cursor.get()
        while True:
            heard = self._tail.heard
            until = min(await self._log.last_position(), position + STRETCH)
            if until > position:
                await self._notify_hosts(await self._log.read_versions(WAKING_TYPES, position, until))
                position = until
                await self._cursor.put(position)
            else:
                await self._tail.wait(since=heard)
                await asyncio.sleep(CATCH_UP_SECONDS)

    async def _notify_hosts(self, woken: Mapping[str, float], *, sent: Collection[Message] = ()) -> None:
        """Notify the hosts of instances, each up to a version, unless they were notified of that one."""
        async with self._notifying:
            wanted = [each for each, version in woken.items() if version > self._notified.get(each, 0)]
            found = await asyncio.gather(*map(self._instances.current, wanted))
            due = _messages(each for each in found if type(each.state) in ACTIONS)
            await self._send([each for each in due if each not in sent])
            self._notified.update({each.stream_id: each.version for each in found})

    async def _send(self, messages: Sequence[Message]) -> None:
        if messages:
            await asyncio.to_thread(self._enqueue, messages)

    def _enqueue(self, messages: Sequence[Message]) -> None:
        for host, instance_id, resources in messages:
            enqueue(self._broker, host, instance_id, resources)

    async def _reconcile(self) -> None:
        while True:
            # Cleared before the look: what is folded from here on is looked at again.
            self._folded.clear()
            unattended = await self._views.unattended(QUIET)
            free = await self._not_held(unattended)
            await self._notify_again(free)
            # A lease that runs out or is given back moves no view, but then something is due.
            seconds = LONGEST_SECONDS if unattended and not free else await self._views.until_due()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(LONGEST_SECONDS, seconds)):
                    await self._folded.wait()
            await asyncio.sleep(RECONCILE_SECONDS)

    async def _notify_again(self, rows: Sequence[InstanceRow]) -> None:
        """Notify the hosts of what nobody is at, less often the longer that goes on."""
        now = asyncio.get_running_loop().time()
        before = {row.instance_id: self._sent_again.get(row.instance_id) for row in rows}
        self._sent_again = {instance_id: known for instance_id, known in before.items() if known}
        again = [row for row in rows if now >= self._sent_again.get(row.instance_id, (now,))[0]]
        await self._send([(row.host, row.instance_id, ()) for row in again])
        for row in again:
            _, waits = self._sent_again.get(row.instance_id) or (now, pauses(*AGAIN_SECONDS))
            self._sent_again[row.instance_id] = now + next(waits), waits
            LOG.info("notified again: %s is due on %s", row.due or "a discard", row.instance_id)

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
            await asyncio.sleep(DISCARD_SECONDS)


def gathering(folded: int) -> float:
    """Return how many seconds the lists gather events after so many were folded; none where more of them wait."""
    return 0.0 if folded >= BATCH else min(LONGEST_GATHER_SECONDS, GATHER_SECONDS * max(1.0, folded / FEW))


def _messages(instances: Iterable[Loaded]) -> list[Message]:
    return [
        (config.host, each.stream_id, resources_of(config))
        for each in instances
        if not isinstance(each.state, Absent) and (config := each.state.instance.config)
    ]
