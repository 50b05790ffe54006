"""The rebuild: all rows of the list views, folded stream by stream, so that one instance is remembered at a time."""

from typing import Any, cast

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from astrolabe.store.database import Connection, Database
from astrolabe.store.log.replay import FEW, STRETCH, replay_instances
from astrolabe.store.views.folding import RowsFold
from astrolabe.store.views.queries import INSTANCE, UPGRADE
from astrolabe.store.views.rows import storable


async def rebuild_views(
    connection: AsyncConnection, database: Database, last: int, *, few: int = FEW, stretch: int = STRETCH
) -> None:
    """Fold the log up to a position into empty views, within the transaction of the caller, on all cores."""
    raw = await connection.get_raw_connection()
    driver = cast("Connection", cast("Any", raw).driver_connection)
    async for folded in replay_instances(database, last, RowsFold, few=few, stretch=stretch):
        for table, rows in zip((INSTANCE, UPGRADE), folded, strict=True):
            await driver.copy_records_to_table(
                table.name, schema_name=table.schema, columns=table.columns.keys(), records=map(_values, rows)
            )


def _values(row: msgspec.Struct) -> tuple[object, ...]:
    return tuple(_copied(storable(getattr(row, name))) for name in row.__struct_fields__)


def _copied(value: object) -> object:
    """Return a value as COPY takes it, which knows JSON as text."""
    return msgspec.json.encode(value).decode() if isinstance(value, dict) else value
