"""The one place that starts processes: argv never a string, output streamed, nothing left behind."""

import asyncio
import contextlib
import ctypes
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals
from typing import IO, Final, Literal

from typing_extensions import override

from astrolabe.domain.instances.process_user import ProcessUser
from astrolabe.workers.programs.command import CommandFailed, CommandNotFound, CommandProblem, CommandTimedOut, Finished
from astrolabe.workers.programs.output import Output, Redactor
from astrolabe.workers.programs.running import RunningProcess
from astrolabe.workers.programs.umask import of_others

__all__ = [
    "Child",
    "CommandFailed",
    "CommandNotFound",
    "CommandProblem",
    "CommandTimedOut",
    "Finished",
    "dies_with_us",
    "exit_code",
    "open_log",
    "run",
    "spawn",
    "supervise",
]

PR_SET_PDEATHSIG: Final = 1
LINGER: Final = 2.0
"""Seconds a pipe stays open for a stranger who holds it after the command's end."""

MARK_FIRST: Final = '(umask 077 && : > "$0") && sync "$0" "${0%/*}" && exec "$@"'
"""Makes the file that is named first outlast a power cut, and then becomes the program that is named after it."""

SAY_CODE: Final = '"$@" >&2; code=$?; echo "$code"; exit "$code"'
"""Runs a program with all that it says in one place, and then says in the other with which code it ended."""

# Loaded here, because a forked child must not load anything.
_LIBC: Final = ctypes.CDLL(None) if sys.platform == "linux" else None


class Child(RunningProcess):
    """A running process of ours and the group it leads; made by `supervise`.

    On Linux a process asks the kernel for a signal at the death of the *thread* that started it: start children from
    the thread of an event loop that lasts as long as they shall.
    """

    def __init__(self, popen: subprocess.Popen[bytes]) -> None:
        self.pid: Final = popen.pid
        self._popen: Final = popen
        self._loop: Final = asyncio.get_running_loop()
        self.ended: Final[asyncio.Future[int]] = self._loop.create_future()
        threading.Thread(target=self._wait_in_thread, name=f"wait-{popen.pid}", daemon=True).start()

    @property
    def returncode(self) -> int | None:
        """The code it ended with, or None while it runs."""
        return self._popen.returncode

    @override
    async def wait(self) -> int:
        return await asyncio.shield(self.ended)

    @override
    def signal(self, number: Signals, *, group: bool = False) -> None:
        # Until it is reaped, on this thread, its number cannot become another process's.
        if self._popen.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                (os.killpg if group else os.kill)(self.pid, number)

    def _wait_in_thread(self) -> None:
        if sys.platform == "linux":
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        else:
            self._popen.wait()
        try:
            self._loop.call_soon_threadsafe(self._settle)
        except RuntimeError:  # the loop is closed, and nobody waits
            self._popen.wait()

    def _settle(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, SIGKILL)
        code = self._popen.wait()
        if not self.ended.done():
            self.ended.set_result(code)


async def run(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    deadline: float,
    cwd: Path | None = None,
    secrets: Sequence[str] = (),
    on_line: Callable[[str], None] | None = None,
    stdout: Path | None = None,
    user: ProcessUser | None = None,
    check: bool = True,
    grace: float = 5.0,
    keep: int = 1 << 20,
) -> Finished:
    """Run a command to its end, in a process group of its own that is ended at the deadline and on cancellation.

    `deadline` and `grace` in seconds; `on_line` gets every line of both pipes; `stdout` is a file that takes the
    output as it is, unredacted; `keep` characters of each pipe are kept; with `check` a code other than 0 raises.
    """
    redact = Redactor(secrets)
    shown = tuple(redact(str(word)) for word in argv)
    started = time.monotonic()
    outputs = Output(redact, keep, on_line), Output(redact, keep, on_line)
    with contextlib.nullcontext(subprocess.PIPE) if stdout is None else _open(stdout, "wb") as sink:
        popen = _launch(argv, shown, env=env, cwd=cwd, stdout=sink, stderr=subprocess.PIPE, user=user, death=SIGKILL)
    child = Child(popen)
    pipes = [(pipe, output) for pipe, output in zip((popen.stdout, popen.stderr), outputs, strict=True) if pipe]
    pumps = asyncio.gather(*[_pump(child, pipe, output) for pipe, output in pipes])
    limit = asyncio.timeout(deadline)
    try:
        async with limit:
            await asyncio.wait((child.ended, pumps), return_when=asyncio.FIRST_EXCEPTION)
    except TimeoutError:
        pass
    finally:
        await _end(child, pumps, grace)
    said = _last_lines(outputs[1].text) or _last_lines(outputs[0].text)
    if limit.expired():
        raise CommandTimedOut(f"{shown[0]} was ended after {deadline:g} seconds", shown, said)
    await pumps
    code = await child.wait()
    if check and code != 0:
        raise CommandFailed(shown, code, said)
    return Finished(shown, code, outputs[0].text, outputs[1].text, time.monotonic() - started)


def supervise(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    log: Path,
    cwd: Path | None = None,
    user: ProcessUser | None = None,
    death: Signals = SIGTERM,
) -> Child:
    """Start a process that lives no longer than we do: on Linux, `death` reaches it if we die.

    Its output is appended to `log`.
    """
    with open_log(log) as sink:
        shown = [str(word) for word in argv]
        popen = _launch(argv, shown, env=env, cwd=cwd, stdout=sink, stderr=subprocess.STDOUT, user=user, death=death)
    return Child(popen)


_exit_codes: Final[dict[int, int]] = {}


def spawn(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    log: Path,
    mark: Path | None = None,
    cwd: Path | None = None,
    user: ProcessUser | None = None,
    code: Path | None = None,
) -> int:
    """Start a process that outlives us, in a session of its own, its output appended to `log`; return its pid.

    The new process itself writes the empty file `mark` through to the disk before the program begins: if we die here,
    there is either a process, or a mark, or a program that never ran. The code that it ends with goes to `code`.
    A thread reaps it, so that a dead one is gone at once and leaves its code; a double fork would hide the code.
    Root may start it as another user: then no program runs as root with that user's variables on the way.
    """
    shown = [str(word) for word in argv]
    becomes = _becomes(user, mark) if user and _is_another(user) else None
    if code:
        argv = ("/bin/sh", "-c", SAY_CODE, "sh", *argv)
    if mark and becomes is None:
        argv = ("/bin/sh", "-c", MARK_FIRST, mark, *argv)
    with open_log(log) as sink, _open(code, "wb") if code else contextlib.nullcontext(sink) as says:
        if user and becomes:
            for each in (sink, says):
                os.fchown(each.fileno(), user.uid, user.gid)  # it may open what it writes to once more
        popen = _launch(
            argv,
            shown,
            env=env,
            cwd=cwd,
            stdout=says,
            stderr=sink,
            user=user,
            death=None,
            becomes=becomes,
        )
    _exit_codes.pop(popen.pid, None)
    threading.Thread(target=_reap, args=(popen,), name=f"reap-{popen.pid}", daemon=True).start()
    return popen.pid


def exit_code(pid: int) -> int | None:
    """Return the code a spawned process ended with; None while it runs or when another process of ours started it."""
    return _exit_codes.get(pid)


def _is_another(user: ProcessUser) -> bool:
    return os.geteuid() == 0 and user.uid != 0


def _becomes(user: ProcessUser, mark: Path | None) -> Callable[[], None]:
    """Return what a forked child of root's calls before its program begins: it leaves its mark and becomes a user."""

    def become() -> None:
        if mark:
            for path, flags in ((mark, os.O_WRONLY | os.O_CREAT), (mark.parent, os.O_RDONLY)):
                descriptor = os.open(path, flags, 0o600)
                os.fsync(descriptor)
                os.close(descriptor)
        os.setgroups(user.groups)
        os.setresgid(user.gid, user.gid, user.gid)
        os.setresuid(user.uid, user.uid, user.uid)

    return become


def _reap(popen: subprocess.Popen[bytes]) -> None:
    _exit_codes[popen.pid] = popen.wait()


def _launch(
    argv: Sequence[str | Path],
    shown: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path | None,
    stdout: int | IO[bytes],
    stderr: int | IO[bytes],
    user: ProcessUser | None,
    death: Signals | None,
    becomes: Callable[[], None] | None = None,
) -> subprocess.Popen[bytes]:
    # Who is not root cannot become another.
    another = user if user and becomes is None and os.geteuid() == 0 else None
    try:
        return subprocess.Popen(
            [str(word) for word in argv],
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
            user=another and another.uid,
            group=another and another.gid,
            extra_groups=another and another.groups,
            umask=of_others() if user is None or user.umask is None else user.umask,
            preexec_fn=becomes or dies_with_us(death),  # noqa: PLW1509 (the kernel offers no other way; it makes two calls)
        )
    except subprocess.SubprocessError:
        raise CommandNotFound(f"{shown[0]} could not be started as {user and user.name}", shown) from None
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        raise CommandNotFound(f"{shown[0]} could not be started: {place}{error.strerror}", shown) from None


def open_log(path: Path) -> IO[bytes]:
    """Open a file that a process's output is appended to."""
    return _open(path, "ab")


def _open(path: Path, mode: Literal["ab", "wb"]) -> IO[bytes]:
    # What commands print, and what they dump, is for our eyes only.
    return open(path, mode, opener=lambda name, flags: os.open(name, flags, 0o600))


def dies_with_us(death: Signals | None) -> Callable[[], None] | None:
    """Return what a forked child calls to be sent a signal when we die; None where the kernel offers no such thing."""
    if _LIBC is None or death is None:
        return None
    prctl, parent, number = _LIBC.prctl, os.getpid(), int(death)

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:  # we died before the question was asked
            os._exit(1)

    return ask


async def _pump(child: Child, pipe: IO[bytes], output: Output) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    child.ended.add_done_callback(lambda _: loop.call_later(LINGER, transport.close))
    try:
        while data := await reader.read(1 << 16):
            output.feed(data)
        output.feed(b"", final=True)
    finally:
        transport.close()


async def _end(child: Child, pumps: asyncio.Future[list[None]], grace: float) -> None:
    try:
        await child.stop(grace=grace, group=True)
    finally:
        await asyncio.wait((pumps,), timeout=LINGER)
        pumps.cancel()


def _last_lines(text: str, count: int = 20) -> str:
    return "\n".join(text.splitlines()[-count:])
