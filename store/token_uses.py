"""When each token was last used: kept beside the log, for each use is no fact of its own, and to the minute."""

import logging
import time
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Final

import asyncpg
from cachetools import LRUCache

from astrolabe.store.database import Database

LOG = logging.getLogger("astrolabe.tokens")

EVERY_SECONDS: Final = 60.0
REMEMBERED: Final = 4096
"""Tokens whose last use is remembered, so that it is not written with each request."""

USED = """
INSERT INTO token_use AS t (token_id, used_at) VALUES ($1, clock_timestamp())
ON CONFLICT (token_id) DO UPDATE SET used_at = excluded.used_at
"""
LATEST = "SELECT token_id::text, used_at FROM token_use"


class TokenUses:
    """The last use of every token."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database: Database = database
        self._clock: Callable[[], float] = clock
        self._written: LRUCache[str, float] = LRUCache(REMEMBERED)

    async def note(self, token_id: str) -> None:
        """Note that a token is used now; where that cannot be written, the request goes on all the same."""
        now = self._clock()
        if now - self._written.get(token_id, -EVERY_SECONDS) < EVERY_SECONDS:
            return
        self._written[token_id] = now
        try:
            await self._database.pool.execute(USED, uuid.UUID(token_id))
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            LOG.warning("the last use of a token cannot be written now", exc_info=True)

    async def latest(self) -> dict[str, datetime]:
        """Return when each token was last used, by its id."""
        return dict(await self._database.pool.fetch(LATEST))
