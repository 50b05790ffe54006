"""The processes that a gateway descends from, as far as this user may see them."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
from msgspec import Struct

from astrolabe.domain.supervision import cgroup, parents


class Hidden(Exception):  # noqa: N818  it reads as a sentence: except Hidden
    """Something about a process that this user may not see, or that this system does not show."""


class Ancestor(Struct, frozen=True):
    """A gateway, or a process above it."""

    pid: int
    argv: tuple[str, ...]
    at_terminal: bool
    uid: int | None

    @property
    def title(self) -> str:
        """What it calls itself."""
        return " ".join(self.argv)

    @property
    def shown(self) -> str:
        """The process for people, without secrets."""
        return f"process {self.pid} ({parents.shown(self.argv) or 'without a name'})"


PROC = Path("/proc")
INIT = 1
"""The first process, which adopts whom nobody else does."""
_TERMINAL = 4
"""The place of a process's terminal in /proc/PID/stat, counted from behind its name."""


def lineage(pid: int) -> list[Ancestor]:
    """List a process and those above it that may be seen, the nearest first, and process 1 also where it hides.

    Raises Hidden where the process itself is gone or out of sight.
    """
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            raise Hidden(f"Process {pid} has ended.")
        return [_described(process), *_above(process)]
    except psutil.NoSuchProcess:
        raise Hidden(f"Process {pid} has ended.") from None
    except psutil.AccessDenied:
        raise Hidden(f"Process {pid} belongs to another user, who hides it.") from None


def _above(process: psutil.Process) -> Iterator[Ancestor]:
    while (parent := _parent(process)) is not None:
        yield _described(parent)
        process = parent
    if process.pid != INIT and process.ppid() == INIT:
        yield Ancestor(INIT, (), at_terminal=False, uid=None)


def _parent(process: psutil.Process) -> psutil.Process | None:
    # Where /proc is mounted with hidepid, others' processes cannot be read, or are not there at all.
    with contextlib.suppress(psutil.AccessDenied):
        return process.parent()
    return None


def _described(process: psutil.Process) -> Ancestor:
    argv: list[str] = []
    uid = None
    with process.oneshot():
        with contextlib.suppress(psutil.Error):
            argv = process.cmdline()
        with contextlib.suppress(psutil.Error):
            uid = process.uids().effective
    while argv and not argv[-1]:  # what is left of the words under a title
        argv.pop()
    return Ancestor(process.pid, tuple(argv), _at_terminal(process), uid)


def _at_terminal(process: psutil.Process) -> bool:
    if sys.platform == "linux":
        # psutil knows only the terminals that there were when it first looked.
        stat = _read(process.pid, "stat").rpartition(")")[2].split()
        return stat[_TERMINAL] != "0"
    with contextlib.suppress(psutil.Error):
        return bool(process.terminal())
    return False


def groups(pid: int) -> str:
    """Read a process's control groups, none where the system has none; raises Hidden."""
    return "" if sys.platform != "linux" else _read(pid, "cgroup")


def variables(pid: int) -> dict[str, str]:
    """Return a process's environment, empty where it does not show it."""
    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid).environ()
    return {}


def container(pid: int) -> cgroup.ContainerOf | None:
    """Find the container that a process is in and this worker is not; raises Hidden."""
    if sys.platform != "linux":
        return None
    theirs, ours = cgroup.container(groups(pid)), cgroup.container(groups(os.getpid()))
    if theirs and theirs != ours:
        return theirs
    # More than one number: it has another pid in a namespace of its own.
    numbers = next((line.split()[1:] for line in _read(pid, "status").splitlines() if line.startswith("NSpid:")), [])
    return cgroup.ContainerOf("a container engine", "") if len(numbers) > 1 else None


def orphan(pid: int, reaper: int) -> bool:
    """Return whether a child of this reaper was certainly started by another process, which has ended since."""
    with contextlib.suppress(OSError):
        # It leads no session of its own, and is in none of the reaper's: whoever began its session started it.
        return os.getsid(pid) not in {pid, os.getsid(reaper), 0}
    return False


def script(shell: Ancestor, path: str) -> str | None:
    """Read the script that a shell runs, None where it cannot be read."""
    with contextlib.suppress(psutil.Error, OSError, UnicodeDecodeError):
        return Path(psutil.Process(shell.pid).cwd(), path).read_text("utf-8")
    return None


def _read(pid: int, name: str) -> str:
    try:
        return (PROC / str(pid) / name).read_text("utf-8", "replace")
    except OSError as error:
        why = f"{PROC}/{pid}/{name} cannot be read ({error.strerror})"
        raise Hidden(f"Who keeps process {pid} alive cannot be seen: {why}.") from None
