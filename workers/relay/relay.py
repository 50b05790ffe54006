"""The relay: tails the log and notifies the workers; a reconcile loop finds what a lost message left behind."""

import asyncio
import contextlib
import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from astrolabe.domain.upgrades.instance_row import InstanceRow
from astrolabe.domain.upgrades.reconcile import due
from astrolabe.domain.upgrades.retention import holds_kept
from astrolabe.store.database import Database
from astrolabe.store.log.cursor import Cursor
from astrolabe.store.log.log import Log
from astrolabe.store.log.sequencer import Sequencer
from astrolabe.store.log.tail import Channel, Tail
from astrolabe.store.outputs import Outputs
from astrolabe.store.streams.holds import HoldsInForce
from astrolabe.store.streams.instances import Instances
from astrolabe.store.views.projector import BATCH, Projector
from astrolabe.store.views.queries import Views
from astrolabe.workers.backoff import pauses, through_outages
from astrolabe.workers.relay.host_notifier import HostNotifier
from astrolabe.workers.waking import WakingBroker

LOG = logging.getLogger("astrolabe.relay")

RECONCILE_SECONDS = 1.0
"""How often is looked for what nobody is at while something is due; at rest, once the views move or a time has come."""

LONGEST_SECONDS = 60.0
"""How long is waited for a time that has come by the database's clock."""

DISCARD_SECONDS = 600.0
"""How often expired outputs are discarded."""

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


class Relay:
    """Everything that follows the log: order, views, messages, and the reconcile loop."""

    def __init__(self, database: Database, tail: Tail, broker: WakingBroker, appends: Channel) -> None:
        """Follow a tail; `appends` is what it hears beside the log's growth, of appends that have no place yet."""
        self._tail: Tail = tail
        self._appends: Channel = appends
        log = Log(database)
        self._instances: Instances = Instances(log)
        self._notifier: HostNotifier = HostNotifier(broker, tail, Cursor(database, "relay"), log, self._instances)
        self._appends.hear = self._notifier.hear
        self._sequencer: Sequencer = Sequencer(database)
        self._projector: Projector = Projector(database, log)
        self._views: Views = Views(database)
        self._outputs: Outputs = Outputs(database)
        self._holds: HoldsInForce = HoldsInForce(log)
        self._folded: asyncio.Event = asyncio.Event()
        self._sent_again: dict[str, tuple[float, Iterator[float]]] = {}

    async def run(self) -> None:
        """Follow the log for ever; what one part waits for delays no other part."""
        async with asyncio.TaskGroup() as group:
            for part in (
                self._sequence,
                self._notifier.notify_at_once,
                self._notifier.notify_what_was_missed,
                self._project,
                self._reconcile,
                self._discard,
            ):
                group.create_task(through_outages(part))

    async def _sequence(self) -> None:
        await self._sequencer.run(self._appends)

    async def _project(self) -> None:
        while True:
            heard = self._tail.heard
            folded = await self._projector.step()
            # Also where there was nothing to fold: then another relay has done it.
            self._folded.set()
            if not folded:
                await self._tail.wait(since=heard)
            await asyncio.sleep(gathering(folded))

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
        await self._notifier.send([(row.host, row.instance_id, ()) for row in again])
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
