"""A follower: records what follows from each stretch of the log together with its own place, so that it is once."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Final, Generic, TypeAlias, TypeVar, cast

import asyncpg

from astrolabe.store.database import Database
from astrolabe.store.log.entry import AnyRecorded
from astrolabe.store.log.log import Log

PoolConnection: TypeAlias = asyncpg.pool.PoolConnectionProxy
KnownT = TypeVar("KnownT")

BATCH: Final = 500

PLACE = "INSERT INTO subscription (name, position) VALUES ($1, -1) ON CONFLICT (name) DO NOTHING"
LOCK = "SELECT position FROM subscription WHERE name = $1 FOR UPDATE"
MOVE = "UPDATE subscription SET position = $2 WHERE name = $1"


class Follower(ABC, Generic[KnownT]):
    """Keeps something up with the log; any number of a name may run, one works at a time."""

    def __init__(self, database: Database, log: Log, name: str, known: KnownT) -> None:
        """Follow under a name; `known` is what decides what follows, as it is before the first event."""
        self._database: Database = database
        self._log: Log = log
        self._name: str = name
        self._at: int | None = None
        self._known: KnownT = known

    async def step(self) -> int:
        """Record what follows from the next batch; return how many events it had."""
        async with self._database.pool.acquire() as connection, connection.transaction():
            await connection.execute(PLACE, self._name)
            position = cast("int", await connection.fetchval(LOCK, self._name))
            batch = await self._log.read_all(position, BATCH)
            if not batch:
                return 0
            before = self._known if position == self._at else await self._known_at(position)
            known = await self._record(connection, batch, before)
            last = cast("int", batch[-1].position)
            await connection.execute(MOVE, self._name, last)
        self._at, self._known = last, known
        return len(batch)

    async def drain(self) -> None:
        """Record what follows from everything that is in the log now."""
        while await self.step():
            pass

    @abstractmethod
    async def _known_at(self, position: int) -> KnownT:
        """Return what was known at a position of the log: another process went on from there."""

    @abstractmethod
    async def _record(self, connection: PoolConnection, batch: Sequence[AnyRecorded], known: KnownT) -> KnownT:
        """Record what follows from a batch; return what is known after it."""
