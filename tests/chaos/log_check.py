"""The log as a whole: its order has no gaps, and its audit trail holds against keys and a checkpoint kept outside."""

import asyncio
import io
from collections.abc import AsyncGenerator
from typing import Final

import asyncpg
from msgspec import Struct

from astrolabe.cli.servers.folder import KEYS
from astrolabe.cli.verifying import PublishedTiles, verify_export
from astrolabe.domain.audit.checkpoint import Checkpoint
from astrolabe.domain.audit.note import PublicKey
from astrolabe.domain.audit.verification_failed import VerificationFailed
from astrolabe.workers.relay.signing_keys import SigningKeys
from tests.chaos.evidence import LogCheck
from tests.chaos.house import House

PATIENCE_SECONDS: Final = 20.0
POLL_SECONDS: Final = 0.1

SIZES: Final = """
SELECT (SELECT count(*) FROM astrolabe.event), (SELECT count(*) FROM astrolabe.log),
       (SELECT coalesce(max(position) + 1, 0) FROM astrolabe.log), (SELECT tree_size FROM astrolabe.log_head),
       (SELECT count(*) FROM astrolabe.unsequenced)
"""
HOLES: Final = """
SELECT stream_id::text, count(*), max(version) FROM astrolabe.event GROUP BY 1 HAVING count(*) <> max(version)
"""


class _Sizes(Struct, frozen=True):
    """How many events and positions there are, where they end, what the head says, and how many events wait."""

    events: int
    placed: int
    end: int
    head: int
    waiting: int


class LogChecker:
    """Checks a house's log again and again, each time against what it found the last time."""

    def __init__(self, house: House) -> None:
        self._house: Final = house
        self._keys: list[PublicKey] = []
        self._before: Checkpoint | None = None
        self._seen: int = 0
        self._now: int = 0

    async def __call__(self) -> LogCheck:
        """Check the log as it is, once everything in it has its position; what the last check saw has a checkpoint."""
        connection = await asyncpg.connect(self._house.log.postgres.url(), timeout=10)
        try:
            order = await self._order(connection)
        finally:
            await connection.close()
        wanted, self._seen = self._seen, self._seen if order else self._now
        return LogCheck(order, await self._audit(wanted))

    async def _order(self, connection: asyncpg.Connection) -> tuple[str, ...]:
        found: list[str] = []
        size = await self._sizes(connection)
        async for _ in _patiently():
            if not size.waiting:
                break
            size = await self._sizes(connection)
        self._now = size.head
        if size.waiting:
            found.append(f"{size.waiting} events have no position after {PATIENCE_SECONDS:g} seconds")
        elif not size.events == size.placed == size.end == size.head:
            found.append(f"there are {size}")
        for stream, count, last in await connection.fetch(HOLES):
            found.append(f"stream {stream} has {count} events and ends at version {last}")
        return tuple(found)

    @staticmethod
    async def _sizes(connection: asyncpg.Connection) -> _Sizes:
        return _Sizes(*(await connection.fetch(SIZES))[0])

    async def _audit(self, wanted: int) -> tuple[str, ...]:
        why = ""
        async for _ in _patiently():
            answer = await self._house.person.read("/audit/export")
            if not answer.is_success:
                why = f"the trail cannot be exported: {answer.text}"
                continue
            try:
                self._before = self._verified(answer.content)
            except VerificationFailed as broken:
                return (f"position {broken.position}: {broken.why}",)
            if self._before.size >= wanted:
                return ()
            why = f"no checkpoint stands over more than {self._before.size} events of {wanted}"
        return (why,)

    def _verified(self, export: bytes) -> Checkpoint:
        # Kept as an auditor keeps it: from the first look on, no other key counts.
        self._keys = self._keys or SigningKeys(self._house.data.folder / KEYS).public()
        tiles = PublishedTiles(self._house.data.folder / "tlog")
        return verify_export(io.BytesIO(export), self._keys, self._before, tiles).proven.checkpoint


async def _patiently() -> AsyncGenerator[None]:
    for _ in range(int(PATIENCE_SECONDS / POLL_SECONDS)):
        yield
        await asyncio.sleep(POLL_SECONDS)
