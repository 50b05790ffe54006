"""The process of a gateway: found by who listens or by the mark it was started with, and ended for certain."""

import asyncio
import contextlib
import os
import pwd
import signal
import time
from collections.abc import Collection
from pathlib import Path

import msgspec
import psutil
from msgspec import Struct

from astrolabe.domain.instances.process_user import ProcessUser
from astrolabe.workers.instance import listening
from astrolabe.workers.instance.failure import StepFailed

MARK = "ASTROLABE_RUN"
"""The variable that names which start of which instance a process came from."""

GRACE_SECONDS = 30.0
"""How long a gateway may take to end after SIGTERM."""

POLL_SECONDS = 0.02
LAST_SCRIPT = 2
"""The last word of a command that may be the script, unless only Node's own options come before it."""

LOOKS = 15
"""How often a listener is looked for that shows no process: for a moment, one that has just ended shows none either."""

LOOK_SECONDS = 0.02
"""How long is waited between two looks: while the kernel ends a process, only root sees what it has open."""


class GatewayProcess(Struct, frozen=True):
    """A process, distinguished from a later one of the same pid by when it was created."""

    pid: int
    created: float
    argv: tuple[str, ...] = ()
    folder: str = "/"

    @property
    def id(self) -> str:
        """What distinguishes it, in one word."""
        return f"{self.pid}@{self.created!r}"

    @property
    def program(self) -> str:
        """The program and its script, without the options: those may hold secrets, also a stranger's."""
        return " ".join(word for word in self.argv[:2] if not word.startswith("-"))

    def alive(self) -> bool:
        """Return whether it still runs."""
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(self.pid)
            return process.create_time() == self.created and process.status() != psutil.STATUS_ZOMBIE
        return False

    def ancestors(self) -> list[str]:
        """List what this process descends from, each by its id."""
        with contextlib.suppress(psutil.Error):
            parents = psutil.Process(self.pid).parents()
            return [GatewayProcess(parent.pid, parent.create_time()).id for parent in parents]
        return []

    def script(self, package: str) -> int | None:
        """Find which of the words is the package's script."""
        for number, word in enumerate(self.argv):
            if number > LAST_SCRIPT and not all(each.startswith("-") for each in self.argv[1:number]):
                return None
            # Typed from inside a folder, or through the link that npm makes beside node or in .bin.
            if f"/node_modules/{package}/" in str(Path(self.folder, word).resolve()):
                return number
        return None

    def tree(self, package: str) -> Path | None:
        """Find the tree that a Node process was started from."""
        script = self.script(package)
        if script is None:
            return None
        return Path(str(Path(self.folder, self.argv[script]).resolve()).partition(f"/node_modules/{package}/")[0])


def _described(process: psutil.Process) -> GatewayProcess:
    with process.oneshot():
        argv: tuple[str, ...] = ()
        folder = "/"
        with contextlib.suppress(psutil.AccessDenied):
            argv = _words(process)
            folder = process.cwd()
        return GatewayProcess(process.pid, process.create_time(), argv, folder)


def _words(process: psutil.Process) -> tuple[str, ...]:
    script = _titled(process)
    # pm2 writes a title over the words of its processes, and leaves in their variables what it started.
    return ("node", script) if script else tuple(process.cmdline())


def _titled(process: psutil.Process) -> str | None:
    words = [word for word in process.cmdline() if word]
    return process.environ().get("pm_exec_path") if len(words) == 1 and " " in words[0] else None


def is_titled(found: GatewayProcess) -> bool:
    """Return whether a process hides the words that it was started with under a title of pm2's."""
    with contextlib.suppress(psutil.Error):
        return _titled(psutil.Process(found.pid)) is not None
    return False


def of(pid: int) -> GatewayProcess:
    """Describe a process by its pid, also one that has ended meanwhile."""
    try:
        return _described(psutil.Process(pid))
    except psutil.NoSuchProcess:
        return GatewayProcess(pid, 0.0)


def user_of(pid: int) -> ProcessUser | None:
    """Return whom a process runs as, with groups and umask where the system shows them; None where it has ended."""
    try:
        known = psutil.Process(pid)
        uid, gid = known.uids().effective, known.gids().effective
    except psutil.Error:
        return None
    shown = _status(pid)
    groups = {int(each) for each in shown.get("Groups", "").split()} - {gid}
    umask = int(shown["Umask"], 8) if "Umask" in shown else None
    return ProcessUser(_user_name(uid), uid, gid, tuple(sorted(groups)), umask)


def _status(pid: int) -> dict[str, str]:
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{pid}/status").read_text("utf-8", "replace").splitlines()
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return {}


def _user_name(uid: int) -> str:
    with contextlib.suppress(KeyError):
        return pwd.getpwuid(uid).pw_name
    return str(uid)


def by_id(known: str) -> GatewayProcess:
    """Return the process of an id, as far as the id goes."""
    pid, _, created = known.partition("@")
    return GatewayProcess(int(pid), float(created))


def listener(port: int) -> GatewayProcess | None:
    """Find who listens on a port of this host; raises StepFailed where the listener hides from this user."""
    for _ in range(LOOKS):
        found = listening.pids(port)
        for pid in found:
            with contextlib.suppress(psutil.NoSuchProcess):
                if pid is not None:
                    return _described(psutil.Process(pid))
        if None not in found:
            return None
        time.sleep(LOOK_SECONDS)
    raise StepFailed(
        "process-hidden",
        f"What listens on port {port} belongs to another user.",
        todo="Run the worker as the user who runs the gateway, then retry.",
    )


def addresses(process: GatewayProcess, port: int) -> tuple[str, ...]:
    """List the addresses at which a process, or what it started, listens on a port."""
    found: set[str] = set()
    with contextlib.suppress(psutil.Error):
        known = psutil.Process(process.pid)
        for each in (known, *known.children(recursive=True)):
            found |= listening.addresses(each, port)
    return tuple(sorted(found))


def mark(pid: int) -> str | None:
    """Return the mark of the start that a process came from, None where it has none or does not show it."""
    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid).environ().get(MARK)
    return None


def marked(mark: str) -> GatewayProcess | None:
    """Find the process that was started with this mark."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                return _described(process)
    return None


def marked_by(instances: Collection[str], folder: str) -> list[GatewayProcess]:
    """List the processes that starts of these instances left running, from trees below a folder."""
    found: list[GatewayProcess] = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            owner = process.environ().get(MARK, "").partition("/")[0]
            if owner in instances and any(word.startswith(folder) for word in process.cmdline()):
                found.append(_described(process))
    return found


async def end(process: GatewayProcess, grace: float = GRACE_SECONDS) -> None:
    """End a process and all that it started: SIGTERM, and SIGKILL after `grace` seconds."""
    if not process.alive():
        return
    family = [process, *_children(process)]
    _signal(process, family, signal.SIGTERM)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(grace):
            await _gone(family)
            return
    _signal(process, family, signal.SIGKILL)
    await _gone(family)


def _children(process: GatewayProcess) -> list[GatewayProcess]:
    with contextlib.suppress(psutil.Error):
        return [_described(child) for child in psutil.Process(process.pid).children(recursive=True)]
    return []


def _signal(leader: GatewayProcess, family: list[GatewayProcess], number: signal.Signals) -> None:
    # A gateway that we started leads a group of its own; an adopted one may share its group with a stranger.
    with contextlib.suppress(ProcessLookupError):
        if os.getpgid(leader.pid) == leader.pid:
            os.killpg(leader.pid, number)
            return
    for each in family:
        if each.alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(each.pid, number)


async def _gone(family: list[GatewayProcess]) -> None:
    while any(each.alive() for each in family):  # noqa: ASYNC110  the kernel informs nobody but the parent
        await asyncio.sleep(POLL_SECONDS)


def package_version(tree: Path, package: str) -> str | None:
    """Read which version of a package a tree holds."""
    with contextlib.suppress(OSError, msgspec.DecodeError, AttributeError):
        manifest = msgspec.json.decode((tree / "node_modules" / package / "package.json").read_bytes())
        return str(manifest.get("version"))
    return None
