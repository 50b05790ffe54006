"""Calls that are begun ahead of whoever takes their results in order."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from typing import Any, TypeVar

A = TypeVar("A")
R = TypeVar("R")


async def in_order(
    function: Callable[[A], Coroutine[Any, Any, R]], arguments: Iterable[A], *, begun: int
) -> AsyncGenerator[R]:
    """Call a function for each argument, with so many calls begun; return the results in the order of the arguments.

    Raises what a call raised when its turn comes. The calls that are left are cancelled when it is closed, so whoever
    may not take all closes it (`aclosing`).
    """
    tasks: deque[asyncio.Task[R]] = deque()
    try:
        for argument in arguments:
            if len(tasks) == begun:
                yield await tasks.popleft()
            tasks.append(asyncio.create_task(function(argument)))
        while tasks:
            yield await tasks.popleft()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
