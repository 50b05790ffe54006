"""Leases: the right to act on an instance for a while, and the fence that makes a late actor harmless."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import TypeAlias

from msgspec import Struct

from astrolabe.domain.instances.identity import acted_on
from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.store.database import Database
from astrolabe.store.log import sql
from astrolabe.store.log.shared import Shared
from astrolabe.store.settings import DEFAULTS

REMEMBERED = 4096
"""Of how many things that are acted on the lease is remembered."""


def resources_of(config: InstanceConfig) -> tuple[str, ...]:
    """Return what has a lease of its own of all that an instance acts on: two that act on the same never do at once."""
    return tuple(_resource(each) for each in acted_on(config))


@lru_cache(maxsize=REMEMBERED)
def _resource(line: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"astrolabe:{line}"))


_Held: TypeAlias = tuple[tuple[str, int], ...]
"""Leases, each with its fence."""


class _Request(Struct, frozen=True, eq=False):
    """What one actor asks for; two that ask for the same are two requests."""

    resources: Sequence[str]
    holder: str


class Leases:
    """Leases in the log's database, timed by its clock alone; `ttl_seconds` is how long an actor may be silent."""

    def __init__(self, database: Database, ttl_seconds: float = DEFAULTS.lease_seconds) -> None:
        self._database: Database = database
        self.ttl: timedelta = timedelta(seconds=ttl_seconds)
        self._requests: Shared[_Request, dict[str, int]] = Shared(self._acquire)
        self._releases: Shared[_Held, None] = Shared(self._release)

    async def acquire(self, resource: str, holder: str) -> int | None:
        """Take a lease; return its fence, or None where somebody else holds it."""
        return (await self.acquire_free([resource], holder)).get(resource)

    async def acquire_free(self, resources: Sequence[str], holder: str) -> dict[str, int]:
        """Take the leases that nobody holds, of different resources; return the fence of each.

        What several ask for at once shares a statement, and of one resource the first of them gets the lease.
        """
        return await self._requests.ask(_Request(resources, holder))

    async def _acquire(self, requests: Sequence[_Request]) -> Sequence[dict[str, int]]:
        first = {resource: request for request in reversed(requests) for resource in request.resources}
        # In one order for everybody: two who want the same two wait, and do not deadlock.
        wanted = sorted(first)
        holders = [first[each].holder for each in wanted]
        rows = await self._database.hot.fetch(sql.ACQUIRE, wanted, holders, self.ttl)
        fences: dict[_Request, dict[str, int]] = {request: {} for request in requests}
        for resource, fence in rows:
            fences[first[resource]][resource] = fence
        return [fences[request] for request in requests]

    async def renew(self, resource: str, fence: int) -> bool:
        """Hold a lease for another while; False where it has run out or was taken over."""
        return await self._database.hot.fetchval(sql.RENEW, resource, fence, self.ttl) is not None

    async def release(self, fences: Mapping[str, int]) -> None:
        """Release leases by their fences, so that the next actor need not wait for their end.

        What several release at once shares a statement.
        """
        await self._releases.ask(tuple(fences.items()))

    async def _release(self, held: Sequence[_Held]) -> Sequence[None]:
        leases = [lease for each in held for lease in each]
        resources, fences = [resource for resource, _ in leases], [fence for _, fence in leases]
        await self._database.hot.execute(sql.RELEASE, resources, fences)
        return [None] * len(held)
