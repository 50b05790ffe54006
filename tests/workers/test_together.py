"""Two things at once, of which neither outlives the other."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from astrolabe.workers.steps.together import both, first

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
