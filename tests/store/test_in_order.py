"""Calls that are begun ahead: results in the order of the arguments, and never more of them than asked for."""

import asyncio
from contextlib import aclosing

import pytest

from astrolabe.store.in_order import in_order


class Calls:
    """Calls that end when they are let, and what became of each."""

    def __init__(self, many: int) -> None:
        self.let: list[asyncio.Event] = [asyncio.Event() for _ in range(many)]
        self.begun: list[int] = []
        self.ended: list[int] = []
        self.cancelled: list[int] = []

    async def __call__(self, argument: int) -> int:
        """End when let."""
        self.begun.append(argument)
        try:
            await self.let[argument].wait()
        except asyncio.CancelledError:
            self.cancelled.append(argument)
            raise
        self.ended.append(argument)
        if argument == 5:
            raise ValueError("five")
        return argument


async def test_results_come_in_order_and_no_more_is_begun_than_asked_for():
    """Also where a later call ends first."""
    calls = Calls(5)
    taken: list[int] = []
    for let in reversed(calls.let):
        let.set()
    async with aclosing(in_order(calls, range(5), begun=3)) as results:
        async for result in results:
            taken.append(result)
            assert len(calls.begun) <= len(taken) + 3
    assert taken == [0, 1, 2, 3, 4]


async def test_what_a_call_raised_is_raised_when_its_turn_comes():
    """After the results before it, though it ended long before them."""
    calls = Calls(8)
    calls.let[5].set()
    taken: list[int] = []

    async def take() -> None:
        async with aclosing(in_order(calls, range(8), begun=6)) as results:
            async for result in results:
                taken.append(result)  # noqa: PERF401  those before it count

    taking = asyncio.create_task(take())
    while 5 not in calls.ended:
        await asyncio.sleep(0)
    assert not taking.done()
    for let in calls.let[:5]:
        let.set()
    with pytest.raises(ValueError, match="five"):
        await taking
    assert taken == [0, 1, 2, 3, 4]


async def test_whoever_stops_leaves_no_call():
    """What was begun is cancelled, and waited for."""
    calls = Calls(8)
    calls.let[0].set()
    async with aclosing(in_order(calls, range(8), begun=3)) as results:
        assert await anext(results) == 0
        # Taking is what begins more.
        assert calls.begun == [0, 1, 2]
    assert calls.cancelled == [1, 2]
