"""Retrying: what a bad moment may have spoiled is tried again before the step is given up."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import TypeVar

from astrolabe.workers.backoff import pauses
from astrolabe.workers.instance.failure import StepFailed

T = TypeVar("T")

LONGEST_SECONDS = 60.0


async def retry(
    attempted: Callable[[], Awaitable[T]],
    *,
    attempts: int,
    pause: float,
    hopeless: Collection[str] = (),
    on_failure: Callable[[str], Awaitable[None]] | None = None,
) -> T:
    """Try so many times, the first `pause` in seconds; raises the last StepFailed, or one whose code is hopeless.

    `on_failure` gets, in words, each failure that another attempt follows.
    """
    waits = pauses(pause, LONGEST_SECONDS)
    for attempt in range(1, attempts):
        try:
            return await attempted()
        except StepFailed as failure:
            if failure.problem.code in hopeless:
                raise
            if on_failure:
                await on_failure(f"attempt {attempt} of {attempts}: {failure.problem.detail}")
        await asyncio.sleep(next(waits))
    return await attempted()
