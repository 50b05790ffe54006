"""The hot pool: connections for short statements, the last of which stays at hand for the next one.

To take a connection from asyncpg's pool and to give it back makes a task and a timer each time; for a statement of 50
microseconds that is half as much again.
"""

import asyncio
from typing import Any

import asyncpg


class HotPool:
    """A pool's statements, each by itself; whoever comes while the connection at hand is in use takes another."""

    def __init__(self, pool: asyncpg.Pool, idle_seconds: float) -> None:
        """Keep a connection at hand until it was not used for `idle_seconds`, and leave it to the pool then."""
        self._pool: asyncpg.Pool = pool
        self._idle_seconds: float = idle_seconds
        self._at_hand: Any = None
        self._used: float = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._leaving: asyncio.Task[None] | None = None
        self._waiting: int = 0
        self._closing: bool = False

    async def fetch(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        """Return all rows of a statement."""
        return await self._run("fetch", query, arguments)

    async def fetchrow(self, query: str, *arguments: object) -> asyncpg.Record | None:
        """Return the first row of a statement, None where it has none."""
        return await self._run("fetchrow", query, arguments)

    async def fetchval(self, query: str, *arguments: object) -> Any:
        """Return the first value of a statement's first row, None where it has none."""
        return await self._run("fetchval", query, arguments)

    async def execute(self, query: str, *arguments: object) -> str:
        """Carry a statement out; return what the server says of it."""
        return await self._run("execute", query, arguments)

    async def close(self) -> None:
        """Close all connections, each once its statement is over."""
        self._closing = True
        if self._timer:
            self._timer.cancel()
        if self._at_hand is not None:
            connection, self._at_hand = self._at_hand, None
            await self._pool.release(connection)
        await self._pool.close()

    async def _run(self, method: str, query: str, arguments: tuple[object, ...]) -> Any:
        connection, self._at_hand = self._at_hand, None
        if connection is not None and _has_ended(connection):
            await self._pool.release(connection)
            connection = None
        if connection is None:
            connection = await self._take()
        try:
            found = await getattr(connection, method)(query, *arguments)
        except BaseException:
            # A statement that was cancelled has to be ended at the server first, which the pool waits for.
            await self._pool.release(connection)
            raise
        await self._put_back(connection)
        return found

    async def _take(self) -> Any:
        self._waiting += 1
        try:
            return await self._pool.acquire()
        finally:
            self._waiting -= 1

    async def _put_back(self, connection: Any) -> None:
        # Who waits at the pool would not hear of one at hand.
        if self._at_hand is not None or self._waiting or self._closing:
            await self._pool.release(connection)
            return
        loop = asyncio.get_running_loop()
        self._at_hand, self._used = connection, loop.time()
        if self._timer is None:
            self._timer = loop.call_later(self._idle_seconds, self._look)

    def _look(self) -> None:
        """Leave the connection at hand to the pool where nobody used it for long."""
        loop, self._timer = asyncio.get_running_loop(), None
        if self._at_hand is None:
            return
        if (left := self._used + self._idle_seconds - loop.time()) > 0:
            self._timer = loop.call_later(left, self._look)
            return
        connection, self._at_hand = self._at_hand, None
        self._leaving = loop.create_task(self._pool.release(connection))


def _has_ended(connection: Any) -> bool:
    """Return whether the server has ended a connection; one that the pool has back already says so by an error."""
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:
        return True
