"""Rows: how those of the list views are written."""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from astrolabe.store.views.queries import INSTANCE, UPGRADE


async def put(connection: AsyncConnection, table: Table, rows: Sequence[msgspec.Struct]) -> None:
    """Write rows of a view, new or changed."""
    if rows:
        storing = [{field: storable(value) for field, value in msgspec.structs.asdict(row).items()} for row in rows]
        await connection.exec_driver_sql(_PUT[table.name], (msgspec.json.encode(storing).decode(),))


def _put(table: Table) -> str:
    """Return the statement that writes rows, given as one JSON: a parameter for each field cost more than all else."""
    key = next(iter(table.primary_key.columns)).name
    names = ", ".join(table.columns.keys())
    changed = ", ".join(f"{name} = excluded.{name}" for name in table.columns.keys() if name != key)  # noqa: SIM118  no dict
    return (
        f"INSERT INTO {table.fullname} ({names}) SELECT {names}"  # noqa: S608  names of our own
        f" FROM jsonb_populate_recordset(NULL::{table.fullname}, $1::jsonb)"
        f" ON CONFLICT ({key}) DO UPDATE SET {changed}"
    )


_PUT: Final = {table.name: _put(table) for table in (INSTANCE, UPGRADE)}


def storable(value: object) -> object:
    """Return a value as a column can hold it."""
    # What a process printed may hold a NUL, which JSON can say and PostgreSQL's text cannot.
    return value.replace("\x00", "\ufffd") if isinstance(value, str) else value
