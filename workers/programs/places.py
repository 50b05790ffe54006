"""Places: how much of what takes long a worker does at once, so that a hundred upgrades do not run a hundred programs.

Each kind of work has places of its own: a registry that is slow keeps nobody from dumping a database.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, Awaitable, Callable

FEWEST = 2
SAY_SECONDS = 1.0


def places_of_host() -> int:
    """Return as many as the host has cores, and two at least."""
    return max(FEWEST, os.cpu_count() or FEWEST)


class WorkPlaces:
    """So many pieces of one kind of work at once; who comes when all places are taken waits for its turn."""

    def __init__(self, total: int, work: str) -> None:
        self.total: int = total
        self._work: str = work
        self._free: asyncio.Semaphore = asyncio.Semaphore(total)
        self._waiting: list[object] = []

    @contextlib.asynccontextmanager
    async def one(self, say: Callable[[str], Awaitable[None]]) -> AsyncGenerator[None]:
        """Hold a place; `say` gets, again and again, a sentence that says how many are served before."""
        if self._free.locked():
            await self._turn(say)
        else:
            await self._free.acquire()
        try:
            yield
        finally:
            self._free.release()

    async def _turn(self, say: Callable[[str], Awaitable[None]]) -> None:
        own = object()
        self._waiting.append(own)
        saying = asyncio.create_task(self._say(own, say))
        try:
            await self._free.acquire()
        finally:
            saying.cancel()
            self._waiting.remove(own)

    async def _say(self, own: object, say: Callable[[str], Awaitable[None]]) -> None:
        while True:
            before = self._waiting.index(own)
            line = f"behind {before} more" if before else "next in line"
            await say(f"waiting for one of {self.total} places for {self._work}, {line}")
            await asyncio.sleep(SAY_SECONDS)


class HostPlaces:
    """The places of a worker's host for each kind of work that takes long and stops nothing."""

    def __init__(self, total: int | None = None) -> None:
        self.total: int = total or places_of_host()
        self.preflights: WorkPlaces = WorkPlaces(self.total, "preflights")
        """For what npm and the engine are asked."""
        self.backups: WorkPlaces = WorkPlaces(self.total, "backups")
        """For dumps, and copies of files."""
        self.pulls: WorkPlaces = WorkPlaces(self.total, "pulls")
        """For what npm installs and the engine fetches."""
