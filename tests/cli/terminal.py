"""A terminal of a test's own, on which a command is typed."""

import asyncio
import fcntl
import os
import pty
import struct
import termios
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from tests.cli.typed import SECONDS, fork

COLUMNS = 80


class Running(Protocol):
    """A command that runs."""

    async def wait(self) -> int:
        """Wait for its end; return its exit code."""
        ...


Begin = Callable[[Sequence[str], dict[str, str], tuple[int, int, int]], Awaitable[Running]]
"""Begins a command in an environment, with its input, output and errors."""


async def at_terminal(
    words: Sequence[str], environment: dict[str, str], *answers: str, begin: Begin = fork
) -> tuple[int, str]:
    """Type a command on a terminal, and answer what it asks; return its exit code, and all that was to be seen."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TERM": "xterm", **environment}
    child = await begin(words, env, (theirs, theirs, theirs))
    os.close(theirs)
    try:
        async with asyncio.timeout(SECONDS):
            code, seen = await asyncio.gather(child.wait(), asyncio.to_thread(_read, ours, answers))
            return code, seen.replace("\r\n", "\n")
    finally:
        os.close(ours)


def _read(terminal: int, answers: tuple[str, ...]) -> str:
    """Read to the end, and answer each question when it stands there: what is typed before is thrown away."""
    seen, left = b"", list(answers)
    while True:
        if left and seen.endswith(b": "):
            os.write(terminal, f"{left.pop(0)}\n".encode())
        try:
            more = os.read(terminal, 1 << 16)
        except OSError:  # what Linux says when the other end is closed
            more = b""
        if not more:
            return seen.decode()
        seen += more
