"""Holding a lease: beaten while the work goes on, and the work ended at once when it is lost."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Awaitable, Coroutine, Iterable, Mapping
from typing import Any, TypeVar

from astrolabe.store.log.leases import Leases
from astrolabe.store.outage import is_outage

T = TypeVar("T")


class LeaseLost(Exception):  # noqa: N818  a fact of life for whoever was away too long
    """The lease has run out or was taken over; nothing may be done any more."""


@contextlib.asynccontextmanager
async def leased(leases: Leases, resources: Iterable[str], holder: str) -> AsyncGenerator[Mapping[str, int] | None]:
    """Hold the leases of all resources, and yield their fences; None where somebody else holds one of them.

    They are given back whatever happens, also where a cancellation meets the statement that takes them.
    """
    wanted = tuple(dict.fromkeys(resources))
    fences: dict[str, int] = {}

    async def take() -> None:
        fences.update(await leases.acquire_free(wanted, holder))

    try:
        await _to_its_end(take())
        yield fences if len(fences) == len(wanted) else None
    finally:
        if fences:
            await _to_its_end(quietly(leases.release(fences)))


async def _to_its_end(statement: Coroutine[Any, Any, object]) -> None:
    """Await a statement; whoever is cancelled waits for its end first, for it may be done without its answer."""
    task = asyncio.create_task(statement)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


async def beat(leases: Leases, fences: Mapping[str, int]) -> None:
    """Renew leases until one is lost, which is raised as LeaseLost; a silent database counts as a loss in time."""
    ttl = leases.ttl.total_seconds()
    renewed = time.monotonic()
    while time.monotonic() - renewed < ttl:
        await asyncio.sleep(ttl / 5)
        asked = time.monotonic()
        held = await quietly(_within(ttl / 3, _renewed(leases, fences)))
        if held is False:
            raise LeaseLost(next(iter(fences)))
        renewed = asked if held else renewed
    raise LeaseLost(next(iter(fences)))


async def _renewed(leases: Leases, fences: Mapping[str, int]) -> bool:
    return all([await leases.renew(resource, fence) for resource, fence in fences.items()])


async def _within(seconds: float, question: Awaitable[T]) -> T:
    # Not wait_for: before Python 3.12 it swallows a cancellation that meets the answer, and a beat would never end.
    async with asyncio.timeout(seconds):
        return await question


async def quietly(question: Awaitable[T]) -> T | None:
    """Ask the log's database; None where it is away, which is for the lease to notice."""
    try:
        return await question
    except Exception as error:
        if is_outage(error):
            return None
        raise
