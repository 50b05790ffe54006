"""Recording: whether the log's database takes what is recorded now, found out by a write that leaves nothing behind."""

import math
import time
from typing import Final

from astrolabe.store.database import Database

PROVEN_SECONDS: Final = 1.0
"""How long a proof is believed: each is a write to the disk, and anybody may ask."""

PROVE: Final = """
SELECT pg_logical_emit_message(true, 'astrolabe', 'can record') IS NOT NULL
WHERE NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off'
"""
"""A transaction with one record in the server's own log, flushed as an event is; no table and no reader holds it."""


class Recording:
    """The proof that events can be recorded, made anew once it is old."""

    def __init__(self, database: Database) -> None:
        self._database: Database = database
        self._proven: float = -math.inf

    async def possible(self) -> bool:
        """Return whether the database takes writes; raises what it raises where it cannot be asked."""
        if time.monotonic() - self._proven < PROVEN_SECONDS:
            return True
        if await self._database.pool.fetchval(PROVE) is not True:
            return False
        self._proven = time.monotonic()
        return True
