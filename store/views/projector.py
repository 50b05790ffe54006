"""The projector: folds the log into the list views, in order, each event once."""

from collections.abc import Sequence
from typing import cast

from cachetools import LRUCache
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from astrolabe.domain.streams import OWN_STREAMS
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades.decider import INSTANCE_DECIDER
from astrolabe.domain.upgrades.evolve import evolve
from astrolabe.domain.upgrades.instance_row import InstanceRow, instance_row
from astrolabe.domain.upgrades.states import Absent, State
from astrolabe.domain.upgrades.upgrade_row import UpgradeRow
from astrolabe.store.database import Database
from astrolabe.store.log.log import Log
from astrolabe.store.log.replay import FEW, STRETCH
from astrolabe.store.streams.instances import InstanceRecorded
from astrolabe.store.views.folding import fold_upgrade
from astrolabe.store.views.identities import refold_identities
from astrolabe.store.views.queries import INSTANCE, SUBSCRIPTION, UPGRADE, upgrades_in
from astrolabe.store.views.rebuild import rebuild_views
from astrolabe.store.views.rows import put

NAME = "views"
BATCH = 1000
"""How many events are folded at once."""

REMEMBERED = 1000
"""How many instances' states are kept between batches; the others are folded anew when they move."""


class Projector:
    """Keeps the list views up with the log; any number may run, one works at a time."""

    def __init__(self, database: Database, log: Log) -> None:
        self._database: Database = database
        self._log: Log = log
        self._states: LRUCache[str, tuple[int, State]] = LRUCache(REMEMBERED)

    async def step(self) -> int:
        """Fold the next batch; return how many events it had."""
        async with self._database.transaction() as connection:
            return await self._step(connection)

    async def drain(self) -> None:
        """Fold everything that is in the log now."""
        while await self.step():
            pass

    async def rebuild(self, *, few: int = FEW, stretch: int = STRETCH) -> int:
        """Drop all rows and fold the whole log again, in one transaction: readers see the old rows, then the new.

        Up to so `few` events are folded by this process alone, more by one a core, a `stretch` of them at a time.
        Returns how many events the log had.
        """
        self._states.clear()
        async with self._database.transaction() as connection:
            await self._position(connection)
            for table in (INSTANCE, UPGRADE):
                await connection.execute(table.delete())
            last = await self._log.last_position()
            await rebuild_views(connection, self._database, last, few=few, stretch=stretch)
            await refold_identities(connection)
            await self._move(connection, last)
        return last + 1

    async def _step(self, connection: AsyncConnection) -> int:
        position = await self._position(connection)
        batch = await self._log.read_all(position, BATCH)
        if not batch:
            return 0
        events = [cast("InstanceRecorded", each) for each in batch if each.stream_id not in OWN_STREAMS]
        instances: dict[str, InstanceRow] = {}
        upgrades = await upgrades_in(connection, _known_upgrades(events))
        for each in events:
            await self._fold(each, instances, upgrades)
        await put(connection, INSTANCE, list(instances.values()))
        await put(connection, UPGRADE, list(upgrades.values()))
        await self._move(connection, cast("int", batch[-1].position))
        return len(batch)

    async def _fold(
        self, recorded: InstanceRecorded, instances: dict[str, InstanceRow], upgrades: dict[str, UpgradeRow]
    ) -> None:
        state = evolve(await self._before(recorded), recorded.event)
        self._states[recorded.stream_id] = (recorded.version, state)
        if row := instance_row(state, recorded):
            instances[recorded.stream_id] = row
        fold_upgrade(upgrades, recorded)

    async def _before(self, recorded: InstanceRecorded) -> State:
        version, state = self._states.get(recorded.stream_id, (-1, None))
        if state is not None and version == recorded.version - 1:
            return state
        if recorded.version == 1:
            return Absent()
        history = await self._log.read_stream_at(recorded.stream_id, version=recorded.version - 1)
        return INSTANCE_DECIDER.replay(cast("e.Event", each.event) for each in history)

    async def _position(self, connection: AsyncConnection) -> int:
        mine = select(SUBSCRIPTION.c.position).where(SUBSCRIPTION.c.name == NAME).with_for_update()
        if (found := (await connection.execute(mine)).scalar_one_or_none()) is not None:
            return found
        await connection.execute(insert(SUBSCRIPTION).values(name=NAME, position=-1).on_conflict_do_nothing())
        return (await connection.execute(mine)).scalar_one()

    async def _move(self, connection: AsyncConnection, position: int) -> None:
        await connection.execute(SUBSCRIPTION.update().where(SUBSCRIPTION.c.name == NAME).values(position=position))


def _known_upgrades(events: Sequence[InstanceRecorded]) -> set[str]:
    """Name the upgrades that go on in these events and began before them."""
    begun = {each.event.upgrade_id for each in events if isinstance(each.event, e.UpgradeRequested)}
    return {upgrade_id for each in events if (upgrade_id := getattr(each.event, "upgrade_id", None))} - begun
