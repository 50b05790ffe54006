"""A terminal of a test's own, on which a command is typed."""

import asyncio
import fcntl
import os
import pty
import struct
import termios
from collections.abc import Sequence

from astrolabe.cli.own_python import run_astrolabe

SECONDS = 60.0
COLUMNS = 80


async def at_terminal(words: Sequence[str], environment: dict[str, str], *answers: str) -> tuple[int, str]:
    """Type a command on a terminal, and answer what it asks; return its exit code, and all that was to be seen."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TERM": "xterm", **environment}
    child = await asyncio.create_subprocess_exec(
        *run_astrolabe(*words), stdin=theirs, stdout=theirs, stderr=theirs, env=env, start_new_session=True
    )
    os.close(theirs)
    try:
        async with asyncio.timeout(SECONDS):
            seen = await asyncio.to_thread(_read, ours, answers)
            return await child.wait(), seen.replace("\r\n", "\n")
    finally:
        if child.returncode is None:
            child.kill()
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
