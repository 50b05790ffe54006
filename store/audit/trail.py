"""The trail: every event of the whole log, found by who, what, where and when."""

import uuid
from datetime import datetime

import msgspec
from msgspec import Struct

from astrolabe.store.audit import sql as audit_sql
from astrolabe.store.database import Database
from astrolabe.store.log.entry import AnyRecorded, recorded

SCANNED = 50_000
"""How many positions one page covers: who filters for what is rare gets short pages, and never waits for long."""


class Filter(Struct, frozen=True):
    """What to look for; None asks for everything."""

    stream_id: str | None = None
    actor: str | None = None
    type: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class Page(Struct, frozen=True):
    """Events in order of position, and the position after which the next page begins; None where there is no more."""

    events: tuple[AnyRecorded, ...]
    after: int | None


class Trail:
    """Reads the log for those who ask what happened."""

    def __init__(self, database: Database) -> None:
        self._database: Database = database

    async def page(self, wanted: Filter, after: int, limit: int) -> Page:
        """Find events after a position."""
        size: int = await self._database.pool.fetchval(audit_sql.LOG_SIZE) or 0
        end = size if wanted.stream_id else min(size, after + 1 + SCANNED)
        actor = None if wanted.actor is None else f'{{"actor":{msgspec.json.encode(wanted.actor).decode()},'
        arguments = [after + 1, end, limit, actor, wanted.type, wanted.since, wanted.until]
        if wanted.stream_id:
            rows = await self._database.pool.fetch(audit_sql.FOUND_IN_STREAM, *arguments, uuid.UUID(wanted.stream_id))
        else:
            rows = await self._database.pool.fetch(audit_sql.FOUND, *arguments)
        full = len(rows) == limit
        last: int = rows[-1]["position"] if full else end - 1
        return Page(tuple(recorded(*row) for row in rows), last if last + 1 < size else None)
