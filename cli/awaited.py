"""What is awaited: a line about it once a second, for as long as it lasts."""

import asyncio
import contextlib
import shutil
import time
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

BETWEEN_LINES = 1.0
"""Seconds between two lines about what takes its time."""


@contextlib.asynccontextmanager
async def saying_what_is_awaited(what: str, say: Callable[[str], None], more: str = ".") -> AsyncGenerator[None]:
    """Say once a second what is waited for, and for how long already; `more` ends the sentence."""

    async def repeat() -> None:
        begun = time.monotonic()
        while True:
            await asyncio.sleep(BETWEEN_LINES)
            say(f"Waiting for {what} ({time.monotonic() - begun:.0f} s){more}")

    saying = asyncio.create_task(repeat(), name=f"say that {what} is awaited")
    try:
        yield
    finally:
        saying.cancel()


async def delete(folder: Path, say: Callable[[str], None]) -> None:
    """Delete a folder with all that is in it, which may be many thousand files, and say meanwhile that it is."""
    async with saying_what_is_awaited(f"{folder} to be deleted", say):
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
