"""Outputs: what a command printed at length, kept beside the log under the SHA-256 that an event names."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from astrolabe.store.database import Database

LONGEST = 1 << 20
"""How much of an output is kept, in bytes; of more, the end."""

PUT = """
INSERT INTO output AS o (sha256, content, kept_until) VALUES ($1, $2, $3)
ON CONFLICT (sha256) DO UPDATE SET kept_until = greatest(o.kept_until, excluded.kept_until)
"""
GET = "SELECT content FROM output WHERE sha256 = $1"
# As an event of a worker's names it: what a caller writes into a text has its quotes escaped, and names nothing.
NAMED_BY = """
SELECT DISTINCT v.instance_id::text FROM view_instance v JOIN event e ON e.stream_id = v.instance_id
WHERE v.labels @> ANY($2::jsonb[]) AND e.type NOT IN ('instance_registered', 'instance_reconfigured')
  AND position('"output":"' || $1 || '"' IN e.entry) > 0
"""
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

    async def named_by(self, sha256: str, selectors: Sequence[Mapping[str, str]]) -> list[str]:
        """List the ids of instances in whose events an output is named, among those with all labels of a selector."""
        wanted = [msgspec.json.encode(each).decode() for each in selectors]
        return [row[0] for row in await self._database.pool.fetch(NAMED_BY, sha256, wanted)]

    async def discard_expired(self) -> int:
        """Discard those whose retention has ended; return how many."""
        done: str = await self._database.pool.execute(DISCARD_EXPIRED)
        return int(done.rpartition(" ")[2])
