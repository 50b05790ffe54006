"""Commands typed without starting Python for each: forked from a process that has loaded all of them.

That a fork prints what a process prints that was started is tested in `test_typed.py`.
"""

import asyncio
import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from astrolabe.cli.own_python import ISOLATED, run_astrolabe
from astrolabe.workers.programs.shell import Finished

SECONDS: Final = 60.0
LOADED: Final = Path(__file__).with_name("loaded.py")


class Typed:
    """A command that runs in a fork."""

    def __init__(self, pid: int, answers: socket.socket) -> None:
        self.pid: Final = pid
        self._answers: Final = answers

    async def wait(self) -> int:
        """Wait for its end; return its exit code. It does not live longer than it is waited for."""
        ended = b""
        try:
            while len(ended) < 4:
                more = await asyncio.get_running_loop().sock_recv(self._answers, 4 - len(ended))
                assert more, "whoever waited for the command died"
                ended += more
        finally:
            if not ended:
                os.killpg(self.pid, signal.SIGKILL)
            self._answers.close()
        return int.from_bytes(ended, signed=True)


async def fork(
    words: Sequence[str], environment: dict[str, str], files: tuple[int, int, int], folder: Path | None = None
) -> Typed:
    """Type a command whose input, output and errors are these."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    asked = {"words": list(words), "environment": environment, "folder": str(folder) if folder else None}
    with theirs:
        socket.send_fds(_loaded(), [json.dumps(asked).encode()], [*files, theirs.fileno()])
    number = await asyncio.get_running_loop().sock_recv(ours, 4)
    assert len(number) == 4, "whoever forks died"
    return Typed(int.from_bytes(number), ours)


async def piped(*words: str, env: dict[str, str], said: str | None = None, folder: Path | None = None) -> Finished:
    """Type a command whose output is piped, to its end; `said` is piped into it."""
    began = time.monotonic()
    given = os.open(os.devnull, os.O_RDONLY) if said is None else _saying(said)
    out, err = os.pipe(), os.pipe()
    try:
        child = await fork(words, env, (given, out[1], err[1]), folder)
    finally:
        for file in (given, out[1], err[1]):
            os.close(file)
    async with asyncio.timeout(SECONDS):
        code, stdout, stderr = await asyncio.gather(child.wait(), _read(out[0]), _read(err[0]))
    return Finished(tuple(run_astrolabe(*words)), code, stdout, stderr, time.monotonic() - began)


def _saying(text: str) -> int:
    reading, writing = os.pipe()
    os.write(writing, text.encode())
    os.close(writing)
    return reading


async def _read(end: int) -> str:
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(end, "rb", 0)
    )
    try:
        return (await reader.read()).decode()
    finally:
        transport.close()


@cache
def _loaded() -> socket.socket:
    """Start the process that forks, once in a process of tests."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    process = subprocess.Popen([sys.executable, *ISOLATED, str(LOADED)], stdin=theirs.fileno(), env=env)
    theirs.close()

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours
