"""Replay: the whole log as one flow, stream after stream, on all cores, in a memory that does not grow with it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

import asyncpg

from astrolabe.domain.streams import OWN_STREAMS
from astrolabe.store.log.entry import AnyRecorded, recorded
from astrolabe.store.processes import Processes, cores

if TYPE_CHECKING:
    from astrolabe.store.database import Connection, Database

R_co = TypeVar("R_co", covariant=True)
R = TypeVar("R")

STRETCH: Final = 25_000
"""About how many events are folded as one piece of work; a stream that is longer is a stretch of its own."""

SAMPLED: Final = 499
"""One event in how many says where stretches begin; a prime, for streams that grow in turns."""

PIECE: Final = 500
"""How many events are read at once, of at most 65,280 bytes each."""

FEW: Final = 100_000
"""Up to how many events one process folds alone, for starting others takes as long."""

# Its place is looked up event by event, in the order of the streams: joined any other way all would be sorted.
_EVENTS = """
SELECT e.entry, e.recorded_at, l.position FROM event e, LATERAL (
    SELECT position FROM log WHERE ingest_id = e.ingest_id OFFSET 0
) AS l
WHERE l.position <= $1 AND e.stream_id >= $2::uuid AND e.stream_id < $3::uuid AND e.stream_id <> ALL($4::uuid[])
ORDER BY e.stream_id, e.version
"""
_SAMPLE = """
SELECT e.stream_id::text FROM generate_series(0, $1::bigint, $2::int) AS at
JOIN log l ON l.position = at JOIN event e USING (ingest_id)
WHERE e.stream_id <> ALL($3::uuid[]) ORDER BY e.stream_id
"""
_FIRST, _END = "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"
# A stretch is read to its end, and sorted within the server's memory where it must be; the cores are ours to share out.
_SETTINGS: Final = {
    "cursor_tuple_fraction": "1",
    "work_mem": "32MB",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
}

Stretch = tuple[str, str]
"""Streams from one id up to, and without, another."""


class Fold(Protocol[R_co]):
    """Takes the events of whole streams, one stream after another."""

    def take(self, events: Iterator[AnyRecorded]) -> None:
        """Take the next events, wherever they are cut."""
        ...

    def end(self) -> R_co:
        """Return what became of all."""
        ...


async def replay_instances(
    database: "Database", last: int, fold: Callable[[], Fold[R]], *, few: int = FEW, stretch: int = STRETCH
) -> AsyncGenerator[R]:
    """Fold all events of instances up to a position, stretch by stretch; return what each came to, in their order.

    Each stretch has a fold of its own, perhaps in a process of its own, so both it and its result must be picklable. A
    process holds no more than a piece of what is read and what a fold keeps; up to so `few` events this process
    folds alone.
    """
    dsn, settings = database.session(_SETTINGS)
    reading = _Reading(dsn, settings, last, fold)
    stretches = await _stretches(database, last, stretch)
    many = min(cores(), len(stretches)) if last >= few else 1
    if many == 1:
        try:
            for each in stretches:
                yield await reading.read(each)
        finally:
            await reading.close()
        return
    async with Processes(reading, many) as processes:
        async for result in processes.in_order(stretches):
            yield result


async def _stretches(database: "Database", last: int, stretch: int) -> Sequence[Stretch]:
    every = min(SAMPLED, stretch)
    found = [row[0] for row in await database.pool.fetch(_SAMPLE, last, every, list(OWN_STREAMS))]
    begins = sorted({_FIRST, *found[:: stretch // every][1:]})
    return list(zip(begins, (*begins[1:], _END), strict=True))


class _Reading(Generic[R]):
    """How a stretch is read and folded; a process has it with a connection of its own."""

    def __init__(self, dsn: str, settings: dict[str, str], last: int, fold: Callable[[], Fold[R]]) -> None:
        self._dsn: Final = dsn
        self._settings: Final = settings
        self._last: Final = last
        self._fold: Final = fold
        self._runner: asyncio.Runner | None = None
        self._connection: Connection | None = None

    def __call__(self, stretch: Stretch) -> R:
        self._runner = self._runner or asyncio.Runner()
        return self._runner.run(self.read(stretch))

    async def read(self, stretch: Stretch) -> R:
        """Fold a stretch."""
        connection = self._connection = self._connection or await asyncpg.connect(
            self._dsn, server_settings=self._settings
        )
        fold = self._fold()
        async with connection.transaction(readonly=True):
            cursor = await connection.cursor(_EVENTS, self._last, *stretch, list(OWN_STREAMS))
            while rows := await cursor.fetch(PIECE):
                fold.take(recorded(text, recorded_at, position) for text, recorded_at, position in rows)
        return fold.end()

    async def close(self) -> None:
        """Close the connection, where there is one."""
        if self._connection:
            await self._connection.close()
