"""Two things at once, of which neither outlives the other.

Neither asyncio.gather nor, before Python 3.13, a TaskGroup: where a part fails, they swallow a cancellation that comes
from outside at the same moment, and a worker that has lost its lease, or is asked to stop, would go on.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
U = TypeVar("U")


async def both(one: Coroutine[Any, Any, T], other: Coroutine[Any, Any, U]) -> tuple[T, U]:
    """Do both and return what they return; where one fails the other is ended, and the failure raised."""
    tasks = asyncio.create_task(one), asyncio.create_task(other)
    await _until(asyncio.FIRST_EXCEPTION, *tasks)
    return tasks[0].result(), tasks[1].result()


async def first(watch: Coroutine[Any, Any, None], task: Coroutine[Any, Any, None]) -> None:
    """Run a task until it ends or the watch over it raises; a failure of the task comes before one of the watch."""
    await _until(asyncio.FIRST_COMPLETED, asyncio.create_task(task), asyncio.create_task(watch))


async def _until(enough: str, *tasks: asyncio.Task[Any]) -> None:
    try:
        await asyncio.wait(tasks, return_when=enough)
    finally:
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for each in tasks:
        if not each.cancelled() and (failure := each.exception()):
            raise failure
