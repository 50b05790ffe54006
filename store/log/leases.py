"""Leases: the right to act on an instance for a while, and the fence that makes a late actor harmless."""

import uuid
from collections.abc import Sequence
from datetime import timedelta

from astrolabe.store.database import Database
from astrolabe.store.log import sql
from astrolabe.store.log.shared import Shared
from astrolabe.store.settings import DEFAULTS


class Leases:
    """Leases in the log's database, timed by its clock alone; `ttl_seconds` is how long an actor may be silent."""

    def __init__(self, database: Database, ttl_seconds: float = DEFAULTS.lease_seconds) -> None:
        self._database: Database = database
        self.ttl: timedelta = timedelta(seconds=ttl_seconds)
        self._releases: Shared[tuple[str, int], None] = Shared(self._release)

    async def acquire(self, resource: str, holder: str) -> int | None:
        """Take a lease; return its fence, or None where somebody else holds it."""
        return (await self.acquire_free([resource], holder)).get(resource)

    async def acquire_free(self, resources: Sequence[str], holder: str) -> dict[str, int]:
        """Take the leases that nobody holds, of different resources, in one statement; return the fence of each."""
        wanted = sorted(uuid.UUID(each) for each in resources)
        return {row[0]: row[1] for row in await self._database.hot.fetch(sql.ACQUIRE, wanted, holder, self.ttl)}

    async def renew(self, resource: str, fence: int) -> bool:
        """Hold a lease for another while; False where it has run out or was taken over."""
        return await self._database.hot.fetchval(sql.RENEW, uuid.UUID(resource), fence, self.ttl) is not None

    async def release(self, resource: str, fence: int) -> None:
        """Release a lease, so that the next actor need not wait for its end; several at once share a statement."""
        await self._releases.ask((resource, fence))

    async def _release(self, leases: Sequence[tuple[str, int]]) -> Sequence[None]:
        resources, fences = [uuid.UUID(resource) for resource, _ in leases], [fence for _, fence in leases]
        await self._database.hot.execute(sql.RELEASE, resources, fences)
        return [None] * len(leases)
