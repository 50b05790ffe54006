"""The fork server's own process: one thread, no event loop, and everything loaded that its children need."""

import contextlib
import gc
import os
import signal
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import Final, NoReturn

from astrolabe.cli.forking import title
from astrolabe.cli.forking.messages import Ended, Failed, Send, Start, Started, encode, requests
from astrolabe.workers.programs import shell

Run = Callable[[Sequence[str]], NoReturn]


class ForkServer:
    """Serves one `astrolabe up`, until that closes the connection or dies."""

    def __init__(self, connection: Connection, run: Run) -> None:
        self._connection: Final = connection
        self._run: Final = run
        woken, wakes = os.pipe()
        self._woken: Final = woken
        self._wakes: Final = wakes
        self._children: Final[set[int]] = set()

    def serve(self) -> NoReturn:
        """Fork what is asked for; a forked process returns from here by the exit of its command."""
        self._begin()
        while True:
            ready = wait([self._connection, self._woken])
            if self._woken in ready:
                os.read(self._woken, 4096)
                self._reap()
            if self._connection in ready:
                try:
                    request = requests.decode(self._connection.recv_bytes())
                except (EOFError, OSError):
                    os._exit(0)
                self._answer(request)

    def _begin(self) -> None:
        gc.disable()
        # Out of reach of the terminal, whose Ctrl-C is for `up` alone.
        os.setsid()
        nowhere = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nowhere, 0)
        os.close(nowhere)
        # Whoever stops a service signals all its processes; this one ends with `up`, which needs it to stop the others.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for end in (self._woken, self._wakes):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._wakes, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _heard)
        title.show("astrolabe fork-server")

    def _answer(self, request: Start | Send) -> None:
        match request:
            case Send(pid, number, group):
                if pid in self._children:
                    with contextlib.suppress(ProcessLookupError):
                        (os.killpg if group else os.kill)(pid, number)
            case Start():
                self._start(request)

    def _start(self, start: Start) -> None:
        ask = shell.dies_with_us(SIGTERM)
        try:
            log = shell.open_log(Path(start.log))
            pid = os.fork()
        except OSError as error:
            self._connection.send_bytes(encode(Failed(str(error))))
            return
        if pid == 0:
            # Outside of every handler and every block: its command ends through here, whatever it raises.
            if ask:
                ask()
            self._become(start, log.fileno())
        log.close()
        self._children.add(pid)
        self._connection.send_bytes(encode(Started(pid)))

    def _become(self, start: Start, log: int) -> NoReturn:
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        for output in (1, 2):
            os.dup2(log, output)
        self._connection.close()
        os.close(self._woken)
        os.close(self._wakes)
        os.environ.clear()  # noqa: TID251  it is given whole
        os.environ.update(start.environment)  # noqa: TID251
        title.show(f"astrolabe {start.words[0]}")
        gc.enable()
        self._run(start.words)

    def _reap(self) -> None:
        for pid in tuple(self._children):
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                # Until it is reaped its number, which is its group's, cannot become another's.
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(pid, SIGKILL)
                _, status = os.waitpid(pid, 0)
                self._children.remove(pid)
                self._connection.send_bytes(encode(Ended(pid, os.waitstatus_to_exitcode(status))))


def _heard(*_: object) -> None:
    """Let the wake-up say that a child has ended."""
