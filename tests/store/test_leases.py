"""Leases: one holder at a time, by the database's clock."""

import asyncio
import uuid

import pytest

from astrolabe.store.database import Database
from astrolabe.store.ids import new_id
from astrolabe.store.log.leases import Leases
from tests.store.stage import eventually

LONG, SHORT = 60.0, 0.05


@pytest.fixture
def leases(database) -> Leases:
    """Leases that outlast every test."""
    return Leases(database, LONG)


@pytest.fixture
def brief(database) -> Leases:
    """Leases that run out at once."""
    return Leases(database, SHORT)


async def test_a_lease_has_one_holder(leases):
    """While one holds a lease nobody else gets it, the same name included."""
    resource = new_id()
    assert await leases.acquire(resource, "one") == 1
    assert await leases.acquire(resource, "two") is None
    assert await leases.acquire(resource, "one") is None
    assert await leases.acquire(new_id(), "two") == 1


async def test_a_released_lease_is_free_at_once(leases):
    """The next holder need not wait for the end, and gets a larger fence."""
    resource = new_id()
    first = await leases.acquire(resource, "one")
    await leases.release({resource: first})
    assert await leases.acquire(resource, "two") == first + 1


async def test_a_lease_that_ran_out_is_taken_over(brief, leases):
    """A silent holder is succeeded as soon as its time is over, and not before."""
    resource = new_id()
    first = await brief.acquire(resource, "silent")

    async def taken():
        return await leases.acquire(resource, "next")

    await eventually(taken)
    assert not await brief.renew(resource, first)
    assert await leases.renew(resource, first + 1)


async def test_a_renewed_lease_lasts(brief, leases):
    """Renewing makes the lease last from now on."""
    resource = new_id()
    fence = await brief.acquire(resource, "one")
    assert await leases.renew(resource, fence) or await leases.acquire(resource, "one")
    assert await leases.acquire(resource, "two") is None


async def test_what_ran_out_cannot_be_renewed(brief):
    """Once over, a lease is over, even while nobody else has it."""
    resource = new_id()
    fence = await brief.acquire(resource, "one")

    async def over():
        return not await Leases(brief._database, 0.0).renew(resource, fence)

    await eventually(over)
    assert not await brief.renew(resource, fence)


async def test_releasing_what_was_taken_over_changes_nothing(brief, leases):
    """A late release does not free the lease of the holder after."""
    resource = new_id()
    first = await brief.acquire(resource, "late")

    async def taken():
        return await leases.acquire(resource, "next")

    await eventually(taken)
    await leases.release({resource: first})
    assert await leases.acquire(resource, "third") is None


async def test_of_many_takers_one_gets_the_lease(database_url, leases):
    """However many try at once, in several processes, one holds the lease; fences only rise."""
    resource = new_id()
    async with Database(database_url) as other:
        both = (leases, Leases(other, LONG))
        for fence in range(1, 6):
            takers = (both[nth % 2].acquire(resource, f"taker-{nth}") for nth in range(16))
            got = [each for each in await asyncio.gather(*takers) if each is not None]
            assert got == [fence]
            await leases.release({resource: fence})


async def test_of_takers_of_one_name_one_gets_the_lease(leases):
    """Whoever asks for the same at the same time by the same name asks for itself, though they share a statement."""
    resource = new_id()
    got = await asyncio.gather(*(leases.acquire(resource, "same") for _ in range(16)))
    assert [each for each in got if each is not None] == [1]


async def test_the_database_says_what_time_it_is(leases, superuser):
    """The end of a lease is reckoned by the clock of the database alone."""
    resource = new_id()
    await leases.acquire(resource, "one")
    query = "SELECT extract(epoch FROM expires_at - clock_timestamp())::float FROM lease WHERE resource = $1"
    assert 0 < await superuser.fetchval(query, uuid.UUID(resource)) <= LONG


async def test_of_several_those_that_are_free_are_taken_at_once(leases):
    """Whoever asks for several hears which of them are its own from now on."""
    resources = [new_id() for _ in range(3)]
    assert await leases.acquire(resources[1], "one") == 1
    assert await leases.acquire_free(resources, "two") == {resources[0]: 1, resources[2]: 1}
    assert await leases.acquire_free(resources, "three") == {}


async def test_of_many_who_want_the_same_each_has_one_holder(leases):
    """All ask at once for overlapping things, in one order: nobody deadlocks, and nothing has two holders."""
    shared = [new_id() for _ in range(4)]
    taken = await asyncio.gather(
        *(leases.acquire_free([new_id(), *shared[nth % 3 : nth % 3 + 2]], f"worker-{nth}") for nth in range(24))
    )
    held = [resource for fences in taken for resource in fences if resource in shared]
    assert sorted(held) == sorted(shared)


async def test_of_many_that_are_released_at_once_each_is_free_and_no_other(brief, leases):
    """They share a statement, in which a late release is as harmless as by itself."""
    late = new_id()
    old = await brief.acquire(late, "late")

    async def taken():
        return await leases.acquire(late, "next")

    await eventually(taken)
    mine = await leases.acquire_free([new_id() for _ in range(8)], "one")
    await asyncio.gather(leases.release(mine), leases.release({late: old}))
    assert await leases.acquire_free([*mine, late], "two") == dict.fromkeys(mine, 2)


async def test_whoever_gives_back_what_others_want_does_not_deadlock(database_url, leases):
    """Taking and giving back go through several things in one order, however they are named."""
    shared = [new_id() for _ in range(6)]
    async with Database(database_url) as other:

        async def work(these, resources, holder):
            for _ in range(20):
                fences = await these.acquire_free(resources, holder)
                await these.release(fences)

        async with asyncio.timeout(60):
            await asyncio.gather(
                *(work(leases, shared, f"one-{nth}") for nth in range(4)),
                *(work(Leases(other, LONG), shared[::-1], f"two-{nth}") for nth in range(4)),
            )
    assert len(await leases.acquire_free(shared, "last")) == len(shared)
