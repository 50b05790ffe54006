"""What a database server and a message server have in common: a process that becomes ready, and stale ones."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from signal import SIGKILL, Signals
from typing import Final

import psutil

from astrolabe.cli.servers.folder import DataFolder
from astrolabe.cli.servers.problem import Unavailable
from astrolabe.store.ports import is_free
from astrolabe.workers.programs.shell import Child

POLL: Final = 0.01
"""Seconds between two looks at a server that starts or stops."""


async def on_a_port(folder: DataFolder, name: str, known: int, serve: Callable[[int], Awaitable[None]]) -> int:
    """Start a server on the port it had in this run, or on a free one; return the port.

    A port that was free can be taken before the server has it: then another is tried, unless clients know the first.
    """
    while True:
        port = known or folder.port(name)
        try:
            await serve(port)
        except Unavailable:
            if known or is_free(port):
                raise
        else:
            return port


async def until_ready(
    child: Child, ready: Callable[[], Awaitable[bool]], *, name: str, log: Path, since: int, deadline: float = 60.0
) -> None:
    """Wait until a server answers; Unavailable, with the end of its log, when it dies or takes `deadline` seconds."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(deadline):
            while child.returncode is None:
                if await ready():
                    return
                await asyncio.sleep(POLL)
    late = child.returncode is None
    code = await child.stop(SIGKILL)
    why = f"was not ready after {deadline:g} seconds" if late else f"ended with code {code}"
    raise Unavailable(f"{name} {why}; {log} ends with:\n{tail(log, since)}")


async def stop_stale(pid: int, ours: Callable[[psutil.Process], bool], ask: Signals, *, patience: float = 30.0) -> None:
    """Stop a server that a former run of ours left behind, once `ours` has recognised it; after `patience` kill it."""
    try:
        process = psutil.Process(pid)
        if not ours(process):
            return
        process.send_signal(ask)
        for _ in range(int(patience / POLL)):
            if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
                return
            await asyncio.sleep(POLL)
        process.kill()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return


def tail(log: Path, since: int = 0, lines: int = 15) -> str:
    """Return the last lines of a log, of what was written after its first `since` bytes."""
    with log.open("rb") as file:
        file.seek(since)
        return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
