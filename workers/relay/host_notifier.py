"""Notifying hosts: of what is asked of their instances before that has its place in the log, and of what was missed."""

import asyncio
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
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
from astrolabe.domain.upgrades.reconcile import ACTIONS
from astrolabe.domain.upgrades.states import Absent
from astrolabe.store.log.appended import named_in
from astrolabe.store.log.cursor import Cursor
from astrolabe.store.log.entry import type_of
from astrolabe.store.log.leases import resources_of
from astrolabe.store.log.log import Log
from astrolabe.store.log.tail import Tail
from astrolabe.store.streams.instances import Instances, Loaded
from astrolabe.workers.broker import enqueue
from astrolabe.workers.waking import WakingBroker

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

CATCH_UP_SECONDS = 0.5
"""How long events are gathered before is looked for those that no append's own notification named."""

REMEMBERED = 10_000
"""Of how many instances is known up to which version their hosts were notified."""

Message: TypeAlias = tuple[str, str, tuple[str, ...]]
"""A host, an instance there on which something is due, and the leases that its worker will need."""


class HostNotifier:
    """Sends the workers of each host a message once something is due on an instance there."""

    def __init__(self, broker: WakingBroker, tail: Tail, cursor: Cursor, log: Log, instances: Instances) -> None:
        """Follow a tail; the cursor says up to where nothing is missed any more."""
        self._broker: WakingBroker = broker
        self._tail: Tail = tail
        self._cursor: Cursor = cursor
        self._log: Log = log
        self._instances: Instances = instances
        self._heard: dict[str, None] = {}
        self._hearing: asyncio.Event = asyncio.Event()
        self._notifying: asyncio.Lock = asyncio.Lock()
        self._notified: LRUCache[str, int] = LRUCache(REMEMBERED)

    def hear(self, text: str) -> None:
        """Note which streams an append's own notification names."""
        self._heard |= dict.fromkeys(each for each in named_in(text) if each not in OWN_STREAMS)
        if self._heard:
            self._hearing.set()

    async def notify_at_once(self) -> None:
        """Notify workers of what an append's own notification names, before it has its place in the log."""
        while True:
            await self._hearing.wait()
            self._hearing.clear()
            heard, self._heard = self._heard, {}
            # Most were read before, and who asks wants something done: their workers need not wait for another read.
            at_once = _messages(map(self._instances.known, heard))
            await self.send(at_once)
            await self._notify_hosts(dict.fromkeys(heard, math.inf), sent=frozenset(at_once))

    async def notify_what_was_missed(self) -> None:
        """Notify workers of what the log has and no notification named."""
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

    async def send(self, messages: Sequence[Message]) -> None:
        """Send messages, whether or not their hosts were notified before."""
        if messages:
            await asyncio.to_thread(self._enqueue, messages)

    async def _notify_hosts(self, woken: Mapping[str, float], *, sent: Collection[Message] = ()) -> None:
        """Notify the hosts of instances, each up to a version, unless they were notified of that one."""
        async with self._notifying:
            wanted = [each for each, version in woken.items() if version > self._notified.get(each, 0)]
            found = await asyncio.gather(*map(self._instances.current, wanted))
            due = _messages(each for each in found if type(each.state) in ACTIONS)
            await self.send([each for each in due if each not in sent])
            self._notified.update({each.stream_id: each.version for each in found})

    def _enqueue(self, messages: Sequence[Message]) -> None:
        for host, instance_id, resources in messages:
            enqueue(self._broker, host, instance_id, resources)


def _messages(instances: Iterable[Loaded]) -> list[Message]:
    return [
        (config.host, each.stream_id, resources_of(config))
        for each in instances
        if not isinstance(each.state, Absent) and (config := each.state.instance.config)
    ]
