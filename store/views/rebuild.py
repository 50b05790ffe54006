"""The rebuild: all rows of the list views, folded stream by stream, so that one instance is remembered at a time."""

from typing import Any, cast

import msgspec
from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from astrolabe.domain.upgrades.evolve import evolve
from astrolabe.domain.upgrades.instance_row import InstanceRow, instance_row
from astrolabe.domain.upgrades.states import Absent, State
from astrolabe.domain.upgrades.upgrade_row import UpgradeRow, upgrade_row
from astrolabe.store.database import Connection, Database
from astrolabe.store.log.entry import AnyRecorded
from astrolabe.store.log.replay import replay_instances
from astrolabe.store.streams.instances import InstanceRecorded
from astrolabe.store.views.queries import INSTANCE, UPGRADE, storable

AT_ONCE = 500


class Rebuild:
    """Folds the log into empty views, within the transaction of its caller."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection: AsyncConnection = connection
        self._stream_id: str = ""
        self._state: State = Absent()
        self._instance: InstanceRow | None = None
        self._upgrades: dict[str, UpgradeRow] = {}
        self._rows: dict[Table, list[tuple[object, ...]]] = {INSTANCE: [], UPGRADE: []}

    async def run(self, database: Database, last: int) -> None:
        """Fold everything up to a position."""
        await replay_instances(database, last, self._take)
        self._end()
        await self._write(1)

    async def _take(self, events: list[AnyRecorded]) -> None:
        for each in events:
            self._fold(cast("InstanceRecorded", each))
        await self._write(AT_ONCE)

    def _fold(self, recorded: InstanceRecorded) -> None:
        if recorded.stream_id != self._stream_id:
            self._end()
            self._stream_id = recorded.stream_id
        self._state = evolve(self._state, recorded.event)
        self._instance = instance_row(self._state, recorded) or self._instance
        fold_upgrade(self._upgrades, recorded)

    def _end(self) -> None:
        """Set the rows of a stream aside and forget it."""
        if self._instance:
            self._rows[INSTANCE].append(_values(self._instance))
        self._rows[UPGRADE] += map(_values, self._upgrades.values())
        self._state, self._instance, self._upgrades = Absent(), None, {}

    async def _write(self, at_least: int) -> None:
        raw = await self._connection.get_raw_connection()
        driver = cast("Connection", cast("Any", raw).driver_connection)
        for table, rows in self._rows.items():
            if len(rows) >= at_least:
                await driver.copy_records_to_table(
                    table.name, schema_name=table.schema, columns=table.columns.keys(), records=rows
                )
                rows.clear()


def fold_upgrade(rows: dict[str, UpgradeRow], recorded: InstanceRecorded) -> None:
    """Fold an event into the row of its upgrade, where it has one."""
    upgrade_id: str | None = getattr(recorded.event, "upgrade_id", None)
    if upgrade_id and (row := upgrade_row(rows.get(upgrade_id), recorded)):
        rows[upgrade_id] = row


def _values(row: msgspec.Struct) -> tuple[object, ...]:
    return tuple(_copied(storable(getattr(row, name))) for name in row.__struct_fields__)


def _copied(value: object) -> object:
    """Return a value as COPY takes it, which knows JSON as text."""
    return msgspec.json.encode(value).decode() if isinstance(value, dict) else value
