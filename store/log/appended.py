"""Notifying the sequencer of an append: after it and outside of it, once for many appends."""

import asyncio
import contextlib
from typing import Final

import asyncpg

from astrolabe.store.database import Database

CHANNEL: Final = "astrolabe_appended"

EVERY_SECONDS: Final = 0.02
"""How long appends are gathered for one notification; the first after a pause is sent at once."""


class AppendNotifier:
    """Notifies whoever places events that some wait; a notification that is lost delays them by one slow look."""

    def __init__(self, database: Database) -> None:
        self._database: Database = database
        self._task: asyncio.Task[None] | None = None
        self._more: bool = False
        self._sent: float = 0.0

    def notify(self) -> None:
        """Notify soon; nobody waits for it."""
        self._more = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._send())

    async def _send(self) -> None:
        clock = asyncio.get_running_loop().time
        while self._more:
            if (pause := self._sent + EVERY_SECONDS - clock()) > 0:
                await asyncio.sleep(pause)
            self._more, self._sent = False, clock()
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._database.hot.execute("SELECT pg_notify($1, '')", CHANNEL)
