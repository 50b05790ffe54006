"""The log: append to a stream with an expected version, read a stream, read everything in order."""

import uuid
from collections.abc import Sequence
from datetime import datetime

import asyncpg
from msgspec import Struct

from domain.recorded import Cause
from store import sql
from store.batch import Append, Claim
from store.coalescer import Coalescer
from store.database import Database
from store.entry import AnyEvent, AnyRecorded, make_entry, recorded, told, type_of, write
from store.errors import AlreadyClaimed, Conflict, StaleFence


class StoredClaim(Struct, frozen=True):
    """A claim as it was recorded."""

    request_hash: bytes
    stream_id: str
    answer: str


class Log:
    """The append-only log of one Astrolabe."""

    def __init__(self, database: Database) -> None:
        self._database: Database = database
        self._appends: Coalescer = Coalescer(database)

    async def append(
        self,
        stream_id: str,
        expected: int,
        events: Sequence[AnyEvent],
        cause: Cause,
        *,
        fence: int | None = None,
        claims: Sequence[Claim] = (),
    ) -> list[AnyRecorded]:
        """Append events after version `expected` (0: a new stream), all or none; concurrent appends share a statement.

        Raises Conflict where the stream is not there, StaleFence where the lease was taken over, AlreadyClaimed where
        a command id was used before.
        """
        if not events:
            raise ValueError("an append needs at least one event")
        written = [write(make_entry(stream_id, expected + nth, event, cause)) for nth, event in enumerate(events, 1)]
        rows = [(entry.id, type_of(entry.data), text) for entry, text in written]
        try:
            times = await self._appends.append(Append(stream_id, expected, fence, rows, claims))
        except asyncpg.UniqueViolationError:
            times = []
        if not times:
            await self._explain(stream_id, expected, fence, claims)
        return [told(entry, text, at, None) for (entry, text), at in zip(written, times, strict=True)]

    async def _explain(self, stream_id: str, expected: int, fence: int | None, claims: Sequence[Claim]) -> None:
        # A twin of this command took the version too, so the claim is looked for first.
        if any([await self.claim(claim.command_id) for claim in claims]):
            raise AlreadyClaimed(stream_id)
        if await self.head(stream_id) == expected and fence is not None:
            raise StaleFence(f"fence {fence} on {stream_id} was taken over")
        raise Conflict(f"stream {stream_id} is not at version {expected}")

    async def head(self, stream_id: str) -> int:
        """Give the version of a stream, 0 where it does not exist."""
        return await self._database.pool.fetchval(sql.HEAD, uuid.UUID(stream_id)) or 0

    async def read_stream(self, stream_id: str, after: int = 0) -> list[AnyRecorded]:
        """Read a stream's events after a version, oldest first."""
        rows = await self._database.pool.fetch(sql.READ_STREAM, uuid.UUID(stream_id), after)
        return [recorded(*row) for row in rows]

    async def read_stream_at(
        self,
        stream_id: str,
        *,
        position: int | None = None,
        time: datetime | None = None,
        version: int = 2**31 - 1,
    ) -> list[AnyRecorded]:
        """Read a stream as it stood at a position of the log, at a time of the database's clock, or at a version."""
        rows = await self._database.pool.fetch(sql.READ_STREAM_AT, uuid.UUID(stream_id), position, time, version)
        return [recorded(*row) for row in rows]

    async def read_all(self, after: int, limit: int = 500) -> list[AnyRecorded]:
        """Read the whole log in order of position, after a position (-1: from the beginning)."""
        rows = await self._database.pool.fetch(sql.READ_LOG, after, limit)
        return [recorded(*row) for row in rows]

    async def last_position(self) -> int:
        """Give the position of the last sequenced event, -1 where there is none."""
        return await self._database.pool.fetchval(sql.LOG_HEAD)

    async def unsequenced(self) -> int:
        """Count the events that wait for their position."""
        return await self._database.pool.fetchval(sql.UNSEQUENCED)

    async def stream_of_upgrade(self, upgrade_id: str) -> str | None:
        """Find the instance that an upgrade belongs to."""
        found = await self._database.pool.fetchval(sql.STREAM_OF_UPGRADE, uuid.UUID(upgrade_id))
        return str(found) if found else None

    async def claim(self, command_id: str) -> StoredClaim | None:
        """Find what was answered to a command id."""
        row = await self._database.pool.fetchrow(sql.CLAIM, uuid.UUID(command_id))
        return StoredClaim(row["request_hash"], str(row["stream_id"]), row["answer"]) if row else None
