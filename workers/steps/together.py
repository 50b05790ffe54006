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


async def alongside(main: Coroutine[Any, Any, None], other: Coroutine[Any, Any, None]) -> None:
    """Do both; where the main one fails the other is ended, but where the other does, it is raised after the main one.

    A failure of the main one comes before one of the other.
    """
    tasks = asyncio.create_task(main), asyncio.create_task(other)
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        if tasks[1].done() and not tasks[1].cancelled() and isinstance(tasks[1].exception(), Exception):
            await asyncio.wait(tasks[:1])
    finally:
        await _ended(*tasks)
    _raise(*tasks)


async def _until(enough: str, *tasks: asyncio.Task[Any]) -> None:
    try:
        await asyncio.wait(tasks, return_when=enough)
    finally:
        await _ended(*tasks)
    _raise(*tasks)


async def _ended(*tasks: asyncio.Task[Any]) -> None:
    for each in tasks:
        each.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _raise(*tasks: asyncio.Task[Any]) -> None:
    for each in tasks:
        if not each.cancelled() and (failure := each.exception()):
            raise failure
