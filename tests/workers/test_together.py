"""Two things at once, of which neither outlives the other."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from astrolabe.workers.steps.together import alongside, both, first

Pair = Callable[[Coroutine[Any, Any, Any], Coroutine[Any, Any, Any]], Coroutine[Any, Any, Any]]


class FailedError(Exception):
    """One of the two did not go well."""


async def fail() -> None:
    """Fail, after giving the other the time to begin."""
    await asyncio.sleep(0)
    raise FailedError


class Lasting:
    """Work without an end, which says whether it was ended."""

    ended: bool = False

    async def __call__(self) -> None:
        """Work until cancelled."""
        try:
            await asyncio.Event().wait()
        finally:
            self.ended = True


async def test_both_return_what_each_returns() -> None:
    """In the order in which they were given, whichever is ready first."""

    async def after(turns: int) -> int:
        for _ in range(turns):
            await asyncio.sleep(0)
        return turns

    assert await both(after(3), after(1)) == (3, 1)


async def test_first_ends_the_watch_with_the_task() -> None:
    """A watch has no end of its own."""
    watch = Lasting()
    await first(watch(), asyncio.sleep(0))
    assert watch.ended


@pytest.mark.parametrize("pair", [both, first])
async def test_a_failure_ends_the_other_and_comes_by_itself(pair: Pair) -> None:
    """Not in a group: who called catches what was raised."""
    other = Lasting()
    with pytest.raises(FailedError):
        await pair(fail(), other())
    assert other.ended


@pytest.mark.parametrize("pair", [both, first])
async def test_a_cancellation_beside_a_failure_is_not_lost(pair: Pair) -> None:
    """Who has lost the lease must not go on, whatever else happened at that moment."""
    went_on = False

    async def fail_as_the_caller_is_cancelled() -> None:
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_soon(caller.cancel)
        raise FailedError

    async def call() -> None:
        nonlocal went_on
        try:
            await pair(fail_as_the_caller_is_cancelled(), Lasting()())
        except FailedError:
            await asyncio.sleep(0)
            went_on = True

    caller = asyncio.create_task(call())
    await asyncio.wait((caller,))
    assert not went_on
    assert caller.cancelled()


async def test_what_goes_on_alongside_is_ended_where_the_main_one_fails() -> None:
    """It was about what the main one would have done."""
    other = Lasting()
    with pytest.raises(FailedError):
        await alongside(fail(), other())
    assert other.ended


async def test_the_main_one_is_done_to_its_end_where_the_other_fails() -> None:
    """Half of it would be worse than none: the failure waits."""
    done: list[str] = []

    async def work() -> None:
        for _ in range(10):
            await asyncio.sleep(0)
        done.append("work")

    with pytest.raises(FailedError):
        await alongside(work(), fail())
    assert done == ["work"]


async def test_an_end_from_outside_ends_both_of_those_alongside() -> None:
    """Also while the failure of the other waits."""
    main = Lasting()
    task = asyncio.create_task(alongside(main(), fail()))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert main.ended
