"""Waiting for what another process does."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import psutil


async def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for a condition, and fail when it does not come true."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def while_at_work(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Let work that has no end go on while the block runs."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def gone(pid: int) -> bool:
    """Whether no process has this number, not even a dead one that nobody has reaped."""
    return not psutil.pid_exists(pid)


def ended(pid: int) -> bool:
    """Whether a process runs no more; an orphan may still wait for the system to reap it."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
