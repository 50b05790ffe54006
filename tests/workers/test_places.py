"""Places: no more at once than there are, first come first served, and whoever waits says how many come before."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from astrolabe.workers.programs.places import FEWEST, HostPlaces, WorkPlaces


async def nothing(_sentence: str) -> None:
    """Say nothing."""


async def test_no_more_are_at_work_than_there_are_places_and_in_their_order() -> None:
    """Twenty come for three places at once."""
    places, at_work, most, order = WorkPlaces(3, "pulls"), 0, 0, list[int]()

    async def work(number: int) -> None:
        nonlocal at_work, most
        async with places.one(nothing):
            order.append(number)
            at_work += 1
            most = max(most, at_work)
            await asyncio.sleep(0)
            at_work -= 1

    await asyncio.gather(*map(work, range(20)))
    assert most == 3
    assert order == list(range(20))


async def test_whoever_waits_says_behind_how_many() -> None:
    """Until it has its place; then nothing more is said."""
    places, said = WorkPlaces(1, "backups"), asyncio.Queue[str]()

    async def work() -> None:
        async with places.one(said.put):
            pass

    async with places.one(nothing):
        waiting = [asyncio.create_task(work()) for _ in range(3)]
        sentences = [await said.get() for _ in waiting]
    await asyncio.gather(*waiting)
    begins = "waiting for one of 1 places for backups"
    assert sentences == [f"{begins}, next in line", f"{begins}, behind 1 more", f"{begins}, behind 2 more"]
    assert said.empty()


async def test_who_gives_up_waiting_or_fails_leaves_its_place() -> None:
    """A cancelled wait takes nobody's place, and a failure gives its own back."""
    places = WorkPlaces(1, "pulls")

    async def hold() -> None:
        async with places.one(nothing):
            raise ValueError("gives up")

    async with AsyncExitStack() as held:
        await held.enter_async_context(places.one(nothing))
        gives_up = asyncio.create_task(hold())
        await asyncio.sleep(0)
        gives_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gives_up
    with pytest.raises(ValueError, match="gives up"):
        await hold()
    async with asyncio.timeout(5), places.one(nothing):
        pass


def test_each_kind_of_work_has_as_many_as_asked_for_or_one_for_each_core() -> None:
    """A host with one core has two."""
    assert [each.total for each in (HostPlaces(5).preflights, HostPlaces(5).backups, HostPlaces(5).pulls)] == [5] * 3
    assert HostPlaces().total >= FEWEST
