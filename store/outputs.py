"""Outputs: what a command printed at length, kept beside the log under the SHA-256 that an event names."""

import hashlib
import uuid
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime

import msgspec

from astrolabe.domain.holds import ExpiredOutput, Use
from astrolabe.store.database import Database

LONGEST = 1 << 20
"""How much of an output is kept, in bytes; of more, the end."""

PAGE = 400
"""How many outputs are discarded at once: one event names them all."""

PUT = """
WITH kept AS (
  INSERT INTO output AS o (sha256, content, kept_until) VALUES ($1, $2, $3)
  ON CONFLICT (sha256) DO UPDATE SET kept_until = greatest(o.kept_until, excluded.kept_until)
)
INSERT INTO output_use AS u (sha256, instance_id, upgrade_id)
SELECT $1, $4::uuid, coalesce($5::text, '') WHERE $4::uuid IS NOT NULL
ON CONFLICT (sha256, instance_id, upgrade_id) DO UPDATE SET at = excluded.at
"""
GET = "SELECT content FROM output WHERE sha256 = $1"
# As an event of a worker's names it: what a caller writes into a text has its quotes escaped, and names nothing.
NAMED_BY = """
SELECT DISTINCT v.instance_id::text FROM view_instance v JOIN event e ON e.stream_id = v.instance_id
WHERE v.labels @> ANY($2::jsonb[]) AND e.type NOT IN ('instance_registered', 'instance_reconfigured')
  AND position('"output":"' || $1 || '"' IN e.entry) > 0
"""
EXPIRED = """
SELECT o.sha256, o.kept_until, u.instance_id::text, nullif(u.upgrade_id, ''), u.at
FROM (
  SELECT sha256, kept_until FROM output WHERE kept_until <= clock_timestamp()
  AND ($1::timestamptz IS NULL OR (kept_until, sha256) > ($1, $2)) ORDER BY kept_until, sha256 LIMIT $3
) o LEFT JOIN output_use u USING (sha256) ORDER BY o.kept_until, o.sha256
"""
# What was kept anew since it was named is another's, and is named again when its own retention has ended.
DISCARD = "DELETE FROM output WHERE sha256 = ANY($1::bytea[]) AND kept_until <= $2"


class Outputs:
    """All outputs, each under its own hash, so that the log would contradict a change."""

    def __init__(self, database: Database) -> None:
        self._database: Database = database

    async def put(
        self, text: str, kept_until: datetime, *, instance_id: str | None = None, upgrade_id: str | None = None
    ) -> str:
        """Keep an output of an instance's upgrade until its retention ends; return its SHA-256 in hexadecimal."""
        content = text.encode("utf-8", "replace")[-LONGEST:].decode("utf-8", "ignore").encode()
        digest = hashlib.sha256(content).digest()
        owner = uuid.UUID(instance_id) if instance_id else None
        await self._database.pool.execute(PUT, digest, content, kept_until, owner, upgrade_id)
        return digest.hex()

    async def get(self, sha256: str) -> bytes | None:
        """Return an output; None where none has this hash, or its retention has ended."""
        return await self._database.pool.fetchval(GET, bytes.fromhex(sha256))

    async def named_by(self, sha256: str, selectors: Sequence[Mapping[str, str]]) -> list[str]:
        """List the ids of instances in whose events an output is named, among those with all labels of a selector."""
        wanted = [msgspec.json.encode(each).decode() for each in selectors]
        return [row[0] for row in await self._database.pool.fetch(NAMED_BY, sha256, wanted)]

    async def expired(self) -> AsyncGenerator[Sequence[ExpiredOutput]]:
        """Return those whose retention has ended, some at a time, with all that name them."""
        until: datetime | None = None
        last = b""
        while rows := await self._database.pool.fetch(EXPIRED, until, last, PAGE):
            found: dict[bytes, list[Use]] = {}
            for digest, kept_until, instance_id, upgrade_id, at in rows:
                uses = found.setdefault(digest, [])
                if instance_id is not None:
                    uses.append(Use(instance_id, upgrade_id, at))
                until, last = kept_until, digest
            yield [ExpiredOutput(digest.hex(), tuple(uses)) for digest, uses in found.items()]

    async def discard(self, hashes: Sequence[str], named_at: datetime) -> int:
        """Discard those of these whose retention had ended when an event named them; return how many."""
        done: str = await self._database.pool.execute(DISCARD, [bytes.fromhex(each) for each in hashes], named_at)
        return int(done.rpartition(" ")[2])
