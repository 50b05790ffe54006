"""The fork server as `astrolabe up` sees it."""

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from signal import SIGKILL, Signals
from socket import socketpair
from typing import Final, Self

from typing_extensions import override

from astrolabe.cli.failure import CommandError, CommandFailed
from astrolabe.cli.forking.messages import Answer, Ended, Failed, Send, Start, Started, answers, encode
from astrolabe.cli.forking.server import ForkServer, Run
from astrolabe.store.heap import freeze_heap
from astrolabe.workers.programs import shell
from astrolabe.workers.programs.command import CommandNotFound
from astrolabe.workers.programs.running import RunningProcess

GONE: Final = -SIGKILL
"""The code of a process whose fork server died: it is ended with that one, and nobody hears how."""


LONGEST_OUTPUT: Final = 65_536
"""Bytes that a pipe holds, so that whoever prints less waits for nobody to read them."""


class ForkedProcess(RunningProcess):
    """A process that the fork server made."""

    def __init__(self, pid: int, forks: "Forks") -> None:
        self.pid: Final = pid
        self.ended: Final[asyncio.Future[int]] = asyncio.get_running_loop().create_future()
        self._forks: Final = forks

    @override
    async def wait(self) -> int:
        return await asyncio.shield(self.ended)

    @override
    def signal(self, number: Signals, *, group: bool = False) -> None:
        if not self.ended.done():
            self._forks.send(Send(self.pid, number, group))


class Forks:
    """Processes of ours that share the memory of all that was loaded when this was made."""

    def __init__(self, connection: Connection, pid: int) -> None:
        self._connection: Final = connection
        self._pid: Final = pid
        self._children: Final[dict[int, ForkedProcess]] = {}
        self._starting: Final = asyncio.Lock()
        self._started: asyncio.Future[ForkedProcess] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.gone: bool = False
        """Whether the server has died, and can start nothing any more."""

    @classmethod
    def made(cls, run: Run) -> Self | None:
        """Fork the server, which runs the commands of its children by `run`; None where the system cannot.

        To be called before there is a thread, an event loop or an open file: each would be in every process. A forked
        process leaves it by the exit of its command, through whatever frames it is called in.
        """
        if sys.platform != "linux":
            return None
        ours, theirs = (Connection(end.detach()) for end in socketpair())
        # What is frozen no collection writes to, so that it stays shared.
        freeze_heap()
        ask = shell.dies_with_us(SIGKILL)
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            if ask:
                ask()
            ours.close()
            ForkServer(theirs, run).serve()
        theirs.close()
        return cls(ours, pid)

    async def start(self, words: Sequence[str], *, env: Mapping[str, str], log: Path) -> ForkedProcess:
        """Run an astrolabe command that lives no longer than the server; its output is appended to `log`.

        Raises CommandNotFound where the server cannot, or is gone.
        """
        async with self._starting:
            loop = asyncio.get_running_loop()
            if self._loop is None:
                self._loop = loop
                loop.add_reader(self._connection.fileno(), self._hear)
            self._started = started = loop.create_future()
            self.send(Start(tuple(words), dict(env), str(log)))
            if self.gone:
                self._fail("the fork server is gone")
            return await started

    async def output(self, words: Sequence[str], *, env: Mapping[str, str]) -> str:
        """Run a command to its end; return what it printed.

        Raises CommandError with that where it says what to do, and CommandFailed with the end of it where it broke.
        """
        reading, writing = os.pipe()
        try:
            try:
                process = await self.start(words, env=env, log=Path(f"/proc/{os.getpid()}/fd/{writing}"))
            finally:
                os.close(writing)
            try:
                code = await process.wait()
            finally:
                process.signal(SIGKILL, group=True)
            printed = os.read(reading, LONGEST_OUTPUT).decode(errors="replace").strip()
        finally:
            os.close(reading)
        if code == CommandError.exit_code:
            raise CommandError(printed.removeprefix("astrolabe: "))
        if code:
            raise CommandFailed(f"{words[0]} ended with code {code}: {printed.rpartition(chr(10))[2]}")
        return printed

    def send(self, request: Start | Send) -> None:
        """Ask the server for something; where it is gone, nothing happens."""
        if not self.gone:
            try:
                self._connection.send_bytes(encode(request))
            except OSError:
                self._lose()

    def close(self) -> None:
        """Let the server end, with all that it still runs."""
        self._lose()
        # Also where somebody has suspended it. Until it is reaped its number is its own.
        os.kill(self._pid, SIGKILL)
        os.waitpid(self._pid, 0)

    def _hear(self) -> None:
        try:
            while not self.gone and self._connection.poll():
                self._take(answers.decode(self._connection.recv_bytes()))
        except (EOFError, OSError):
            self._lose()

    def _take(self, answer: Answer) -> None:
        match answer:
            case Started(pid):
                self._children[pid] = process = ForkedProcess(pid, self)
                if self._started and not self._started.done():
                    self._started.set_result(process)
                else:
                    # Whoever asked for it was stopped meanwhile.
                    process.signal(SIGKILL, group=True)
            case Failed(why):
                self._fail(why)
            case Ended(pid, code):
                self._children.pop(pid).ended.set_result(code)

    def _fail(self, why: str) -> None:
        if self._started and not self._started.done():
            self._started.set_exception(CommandNotFound(f"a process could not be started: {why}", ()))

    def _lose(self) -> None:
        if self.gone:
            return
        self.gone = True
        if self._loop and not self._loop.is_closed():
            self._loop.remove_reader(self._connection.fileno())
            self._fail("the fork server is gone")
            for process in self._children.values():
                process.ended.set_result(GONE)
        self._connection.close()
