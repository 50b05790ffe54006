"""Outputs: what a command printed at length, kept beside the log under the SHA-256 that an event names."""

import hashlib
from datetime import datetime

from astrolabe.store.database import Database

LONGEST = 1 << 20
"""How much of an output is kept, in bytes; of more, the end."""

PUT = """
INSERT INTO output AS o (sha256, content, kept_until) VALUES ($1, $2, $3)
ON CONFLICT (sha256) DO UPDATE SET kept_until = greatest(o.kept_until, excluded.kept_until)
"""
GET = "SELECT content FROM output WHERE sha256 = $1"
DISCARD_EXPIRED = "DELETE FROM output WHERE kept_until <= clock_timestamp()"


class Outputs:
    """All outputs, each under its own hash, so that the log would contradict a change."""

    def __init__(self, database: Database) -> None:
        self._database: Database = database

    async def put(self, text: str, kept_until: datetime) -> str:
        """Keep an output until its retention ends; return its SHA-256 in hexadecimal."""
        content = text.encode("utf-8", "replace")[-LONGEST:].decode("utf-8", "ignore").encode()
        digest = hashlib.sha256(content).digest()
        await self._database.pool.execute(PUT, digest, content, kept_until)
        return digest.hex()

    async def get(self, sha256: str) -> bytes | None:
        """Return an output; None where none has this hash, or its retention has ended."""
        return await self._database.pool.fetchval(GET, bytes.fromhex(sha256))

    async def discard_expired(self) -> int:
        """Discard those whose retention has ended; return how many."""
        done: str = await self._database.pool.execute(DISCARD_EXPIRED)
        return int(done.rpartition(" ")[2])
