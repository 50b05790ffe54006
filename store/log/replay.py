"""Replay: the whole log as one flow, stream after stream, in a memory that does not grow with it."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import datetime
from typing import TypeAlias

from astrolabe.domain.streams import OWN_STREAMS
from astrolabe.store.database import Database
from astrolabe.store.log.entry import AnyRecorded, recorded

_EVENTS = """
SELECT l.position, e.recorded_at, e.entry FROM event e JOIN log l USING (ingest_id)
WHERE l.position <= $1 AND e.stream_id <> ALL($2::uuid[]) ORDER BY e.stream_id, e.version
"""
# Characters that no line holds, for JSON escapes them: nothing is ever quoted, and an entry is as it is stored.
_BETWEEN, _QUOTE = "\x1f", "\x1e"

Sink: TypeAlias = Callable[[list[AnyRecorded]], Awaitable[None]]


async def replay_instances(database: Database, last: int, sink: Sink) -> None:
    """Feed a sink all events of instances up to a position: each stream whole and in order, in pieces of any length."""
    rest = b""

    async def take(data: bytes) -> None:
        nonlocal rest
        *lines, rest = (rest + data).split(b"\n")
        if lines:
            await sink(list(_events(lines)))

    async with database.pool.acquire() as connection:
        await connection.copy_from_query(
            _EVENTS, last, list(OWN_STREAMS), output=take, format="csv", delimiter=_BETWEEN, quote=_QUOTE
        )


def _events(lines: Iterable[bytes]) -> Iterator[AnyRecorded]:
    for line in lines:
        position, recorded_at, text = line.decode().split(_BETWEEN)
        yield recorded(text, datetime.fromisoformat(recorded_at), int(position))
