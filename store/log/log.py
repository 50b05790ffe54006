"""The log: append to a stream with an expected version, read a stream, read everything in order."""

import contextlib
import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import chain
from typing import NamedTuple

import asyncpg
from cachetools import LRUCache
from msgspec import Struct

from astrolabe.domain.recorded import Cause
from astrolabe.store.database import Database
from astrolabe.store.errors import AlreadyClaimed, Conflict, IdentityTaken, StaleFence
from astrolabe.store.log import sql
from astrolabe.store.log.appended import AppendNotifier
from astrolabe.store.log.batch import Append, Claim
from astrolabe.store.log.coalescer import Coalescer
from astrolabe.store.log.entry import AnyEvent, AnyRecorded, as_recorded, make_entry, recorded, type_of, write
from astrolabe.store.log.read_statement import FEW, read_statement
from astrolabe.store.log.shared import Shared

ATTEMPTS = 10
"""How often others may append first before what is to stand behind them is given up."""

REMEMBERED = 10_000
"""How many claims that were found are kept."""


class StoredClaim(Struct, frozen=True):
    """A claim as it was recorded."""

    request_hash: bytes
    stream_id: str
    answer: str


class Place(NamedTuple):
    """Where a stream is read from: after a version of it; asked for by its id, or by what it holds at this moment.

    Of what is held, id and version are those of the stream that is known; another one is read from its beginning.
    """

    stream_id: str | None
    after: int = 0
    thing: str | None = None


class StreamRead(NamedTuple):
    """What was read: the stream, None where nothing holds what was asked for, and its events, oldest first."""

    stream_id: str | None
    events: list[AnyRecorded]


class Log:
    """The append-only log of one Astrolabe."""

    def __init__(self, database: Database) -> None:
        self._database: Database = database
        self._appends: Coalescer = Coalescer(database)
        self._notifier: AppendNotifier = AppendNotifier(database)
        self._reads: Shared[Place, StreamRead] = Shared(self._read_streams)
        self._claims: Shared[str, StoredClaim | None] = Shared(self._find_claims)
        self._holders: Shared[str, str | None] = Shared(self._find_holders)
        self._claimed: LRUCache[str, StoredClaim] = LRUCache(REMEMBERED)

    async def append(
        self,
        stream_id: str,
        expected: int,
        events: Sequence[AnyEvent],
        cause: Cause,
        *,
        fence: int | None = None,
        claims: Sequence[Claim] = (),
        identity: Sequence[str] | None = None,
    ) -> list[AnyRecorded]:
        """Append events after version `expected` (0: a new stream), all or none; concurrent appends share a statement.

        `identity` is what the stream acts on from here on, and no other may; None where that stays as it was. Raises
        Conflict where the stream is not there, StaleFence where the lease was taken over, AlreadyClaimed where a
        command id was used before, IdentityTaken where another stream acts on the same.
        """
        if not events:
            raise ValueError("an append needs at least one event")
        written = [write(make_entry(stream_id, expected + nth, event, cause)) for nth, event in enumerate(events, 1)]
        rows = [(entry.id, type_of(entry.data), text) for entry, text in written]
        # Whoever works under a fence goes on by itself; for all others the relay is waited for.
        noticed = fence is None and self._notifier.take_turn()
        try:
            with self._notifier.appending():
                times = await self._appends.append(Append(stream_id, expected, fence, rows, claims, identity, noticed))
        except asyncpg.UniqueViolationError:
            times = []
        if not times:
            await self._explain(stream_id, expected, fence, claims, identity or ())
        if not noticed:
            self._notifier.notify(stream_id if fence is None else None)
        return [as_recorded(entry, text, at, None) for (entry, text), at in zip(written, times, strict=True)]

    async def append_behind(self, stream_id: str, events: Sequence[AnyEvent], cause: Cause) -> bool:
        """Append events behind whatever a stream holds by then, for nothing is decided on it.

        Returns whether they were appended; others may be faster each time.
        """
        for _ in range(ATTEMPTS):
            with contextlib.suppress(Conflict):
                await self.append(stream_id, await self.head(stream_id), events, cause)
                return True
        return False

    async def _explain(
        self, stream_id: str, expected: int, fence: int | None, claims: Sequence[Claim], identity: Sequence[str]
    ) -> None:
        # A twin of this command took the version too, so the claim is looked for first.
        if any([await self.claim(claim.command_id) for claim in claims]):
            raise AlreadyClaimed(stream_id)
        if identity:
            await self._explain_identity(stream_id, identity)
        if await self.head(stream_id) == expected and fence is not None:
            raise StaleFence(f"fence {fence} on {stream_id} was taken over")
        raise Conflict(f"stream {stream_id} is not at version {expected}")

    async def _explain_identity(self, stream_id: str, identity: Sequence[str]) -> None:
        rows = await self._database.hot.fetch(sql.IDENTITY_TAKEN, uuid.UUID(stream_id), list(identity))
        if rows:
            other = rows[0][1]
            raise IdentityTaken(other, tuple(thing for thing, holder in rows if holder == other))

    async def head(self, stream_id: str) -> int:
        """Return the version of a stream, 0 where it does not exist."""
        return await self._database.hot.fetchval(sql.HEAD, uuid.UUID(stream_id)) or 0

    async def read_stream(self, stream_id: str, after: int = 0) -> list[AnyRecorded]:
        """Read a stream's events after a version, oldest first; concurrent reads share a statement."""
        return (await self._reads.ask(Place(stream_id, after))).events

    async def read_together(self, *places: Place) -> Sequence[StreamRead]:
        """Read several streams as they stand at one moment."""
        return await self._reads.ask_all(places)

    async def _read_streams(self, places: Sequence[Place]) -> list[StreamRead]:
        few = len(places) <= FEW
        arguments = chain.from_iterable(places) if few else zip(*places, strict=True)
        statement = read_statement(len(places) if few else 0)
        found = [StreamRead(None, [])] * len(places)
        for nth, stream_id, entry, recorded_at, position in await self._database.hot.fetch(statement, *arguments):
            if found[nth - 1].stream_id is None:
                found[nth - 1] = StreamRead(stream_id, [])
            if entry is not None:
                found[nth - 1].events.append(recorded(entry, recorded_at, position))
        return found

    async def read_stream_at(
        self,
        stream_id: str,
        *,
        position: int | None = None,
        time: datetime | None = None,
        version: int = 2**31 - 1,
    ) -> list[AnyRecorded]:
        """Read a stream as it stood at a position of the log, at a time of the database's clock, or at a version."""
        rows = await self._database.hot.fetch(sql.READ_STREAM_AT, uuid.UUID(stream_id), position, time, version)
        return [recorded(*row) for row in rows]

    async def read_all(self, after: int, limit: int = 500) -> list[AnyRecorded]:
        """Read the whole log in order of position, after a position (-1: from the beginning)."""
        rows = await self._database.hot.fetch(sql.READ_LOG, after, limit)
        return [recorded(*row) for row in rows]

    async def read_versions(self, types: Collection[str], after: int, until: int) -> dict[str, int]:
        """Return the last version of each stream that has an event of some types between two positions."""
        return {row[0]: row[1] for row in await self._database.hot.fetch(sql.READ_VERSIONS, after, until, list(types))}

    async def last_position(self) -> int:
        """Return the position of the last sequenced event, -1 where there is none."""
        return await self._database.hot.fetchval(sql.LOG_HEAD)

    async def unsequenced(self) -> int:
        """Count the events that wait for their position."""
        return await self._database.pool.fetchval(sql.UNSEQUENCED)

    async def stream_of_upgrade(self, upgrade_id: str) -> str | None:
        """Find the instance that an upgrade belongs to."""
        found = await self._database.hot.fetchval(sql.STREAM_OF_UPGRADE, uuid.UUID(upgrade_id))
        return str(found) if found else None

    async def holder(self, thing: str) -> str | None:
        """Find the stream that something is the identity of at this moment; None where it is nobody's."""
        return await self._holders.ask(thing)

    async def _find_holders(self, things: Sequence[str]) -> list[str | None]:
        found: list[str | None] = [None] * len(things)
        for nth, stream_id in await self._database.hot.fetch(sql.HOLDERS, things):
            found[nth - 1] = stream_id
        return found

    async def claim(self, command_id: str) -> StoredClaim | None:
        """Find what was answered to a command id; what was found once is true for ever, and not looked for again."""
        if known := self._claimed.get(command_id):
            return known
        found = await self._claims.ask(command_id)
        if found is not None:
            self._claimed[command_id] = found
        return found

    async def _find_claims(self, command_ids: Sequence[str]) -> list[StoredClaim | None]:
        rows = await self._database.hot.fetch(sql.CLAIMS, command_ids)
        found: list[StoredClaim | None] = [None] * len(command_ids)
        for nth, request_hash, stream_id, answer in rows:
            found[nth - 1] = StoredClaim(request_hash, stream_id, answer)
        return found
