"""Holding leases: whoever is cancelled leaves none, at whatever moment, so that the next worker need not wait."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import pytest_asyncio
from typing_extensions import override

from astrolabe.store.database import Database
from astrolabe.store.ids import new_id
from astrolabe.store.log.leases import Leases
from astrolabe.workers.worker.lease import leased
from tests.waiting import until

HELD = "SELECT count(*) FROM lease WHERE expires_at > clock_timestamp()"


class Slow(Leases):
    """Leases whose statements are done before, or begin after, whoever asked may hear of it."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.taken = 0
        self.giving_back = 0
        self.may_answer = asyncio.Event()
        self.may_give_back = asyncio.Event()

    @override
    async def _acquire(self, requests: Sequence[Any]) -> Sequence[dict[str, int]]:
        fences = await super()._acquire(requests)
        self.taken += len(requests)
        await self.may_answer.wait()
        return fences

    @override
    async def _release(self, held: Sequence[Any]) -> Sequence[None]:
        self.giving_back += len(held)
        await self.may_give_back.wait()
        return await super()._release(held)

    async def hold(self) -> None:
        """Hold the leases of two things for a moment."""
        async with leased(self, [new_id(), new_id()], "worker"):
            pass


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A log's database."""
    async with Database(database_url) as opened:
        yield opened


async def ends(tasks: list[asyncio.Task[None]]) -> list[bool]:
    """Return which of some were cancelled, once all have ended."""
    async with asyncio.timeout(30):
        await asyncio.wait(tasks)
    return [each.cancelled() for each in tasks]


@pytest.mark.parametrize("who", [0, 1], ids=["alone", "with others"])
async def test_who_is_cancelled_while_leases_are_taken_leaves_none(database: Database, who: int) -> None:
    """What took them is done, and nobody else knows their fences; the first asks alone, and the others together."""
    leases = Slow(database)
    leases.may_give_back.set()
    tasks = [asyncio.create_task(leases.hold()) for _ in range(3)]
    await until(lambda: leases.taken == len(tasks))
    tasks[who].cancel()
    await asyncio.sleep(0)
    leases.may_answer.set()
    assert await ends(tasks) == [nth == who for nth in range(3)]
    assert await database.pool.fetchval(HELD) == 0


@pytest.mark.parametrize("who", [0, 1], ids=["alone", "with others"])
async def test_who_is_cancelled_while_leases_are_given_back_leaves_none(database: Database, who: int) -> None:
    """They are given back all the same, and whoever was cancelled ends as that."""
    leases = Slow(database)
    leases.may_answer.set()
    tasks = [asyncio.create_task(leases.hold()) for _ in range(3)]
    await until(lambda: leases.giving_back == len(tasks))
    tasks[who].cancel()
    await asyncio.sleep(0)
    leases.may_give_back.set()
    assert await ends(tasks) == [nth == who for nth in range(3)]
    assert await database.pool.fetchval(HELD) == 0


async def test_who_is_cancelled_ends_as_that_though_the_database_fails(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever stops a worker is not given an outage in place of its end."""
    asked = asyncio.Event()

    async def away(_leases: Leases, _requests: Sequence[Any]) -> Sequence[dict[str, int]]:
        asked.set()
        await asyncio.sleep(0.05)
        raise ConnectionResetError

    monkeypatch.setattr(Leases, "_acquire", away)
    leases = Leases(database)

    async def hold() -> None:
        async with leased(leases, [new_id()], "worker"):
            pass

    task = asyncio.create_task(hold())
    await asked.wait()
    task.cancel()
    assert await ends([task]) == [True]
