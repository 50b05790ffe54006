"""A machine with a systemd of its own: the first process of namespaces that nobody else sees.

What is to be done on it is a function of a module of tests, which runs there in a process of its own.
"""

import asyncio
import contextlib
import os
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Final
from uuid import uuid4

import psutil
import pytest

from astrolabe.workers.programs import shell
from astrolabe.workers.programs.environment import inherited
from astrolabe.workers.programs.shell import Child

SYSTEMD: Final = "/lib/systemd/systemd"
ROOT: Final = Path(__file__).resolve().parents[3]
TARGETS: Final = ("sysinit", "basic", "shutdown", "multi-user", "umount", "final", "local-fs", "sockets", "timers")

# Its own part of the tree of control groups: two machines side by side would end each other's processes.
BOOT: Final = """\
set -e
mount -t cgroup2 none "$FOLDER/cgroup"
mkdir "$FOLDER/cgroup/$NAME"
echo $$ > "$FOLDER/cgroup/$NAME/cgroup.procs"
exec unshare --fork --pid --mount --uts --ipc --cgroup --mount-proc --kill-child=SIGKILL sh -ec '
  mount -t tmpfs tmpfs /run
  mount -t cgroup2 none /sys/fs/cgroup
  mount --bind "$FOLDER/etc" /etc/systemd/system
  exec "$SYSTEMD" --system --unit=multi-user.target --log-level=warning --log-target=console'
"""
CLEAR: Final = """\
mount -t cgroup2 none "$FOLDER/cgroup"
find "$FOLDER/cgroup/$NAME"* -depth -type d -exec rmdir {} +
"""
DO: Final = "import asyncio, {module} as module; asyncio.run(module.{name}({arguments}))"


def lacking() -> str | None:
    """Say why no systemd of its own can be started here; None where one can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "a systemd of its own needs Linux and root"
    missing = [
        each
        for each in (SYSTEMD, "systemctl", "dbus-daemon", "unshare", "nsenter", "setpriv")
        if shutil.which(each) is None
    ]
    return f"this machine lacks {', '.join(missing)} (on Debian: apt-get install systemd dbus)" if missing else None


class Machine:
    """A machine whose units, and nothing else, outlast a reboot."""

    def __init__(self, folder: Path) -> None:
        self.folder: Final = folder
        self.units: Final = folder / "etc"
        self._name: Final = f"astrolabe-{uuid4().hex[:12]}"
        self._boots: int = 0
        self._child: Child | None = None
        for name in ("etc", "own", "none", "cgroup"):
            (folder / name).mkdir()
        for target in TARGETS:
            (folder / "own" / f"{target}.target").write_text("[Unit]\nDefaultDependencies=no\nAllowIsolate=yes\n")

    async def boot(self) -> None:
        """Start the machine, and wait until its systemd answers."""
        self._boots += 1
        command = ["unshare", "--mount", "sh", "-c", BOOT]
        self._child = child = shell.supervise(command, env=self._environment(str(self._boots)), log=self._log)
        async with asyncio.timeout(20):
            while not await self._up():
                assert child.returncode is None, self._log.read_text()
                await asyncio.sleep(0.05)

    async def halt(self) -> None:
        """Cut the machine's power."""
        if self._child:
            await self._child.stop(shell.SIGKILL, group=True)
        self._child = None

    async def reboot(self) -> None:
        """Cut the power, and start again."""
        await self.halt()
        await self.boot()

    async def end(self) -> None:
        """Halt, and leave no control groups behind."""
        await self.halt()
        await shell.run(["unshare", "--mount", "sh", "-c", CLEAR], env=self._environment(), deadline=10, check=False)

    def unit(self, name: str, text: str) -> None:
        """Write a unit's file, and let a boot start it."""
        (self.units / name).write_text(text)
        wanted = self.units / "multi-user.target.wants"
        wanted.mkdir(exist_ok=True)
        (wanted / name).symlink_to(f"/etc/systemd/system/{name}")

    async def clear(self) -> None:
        """Stop and forget every unit, and what was put beside them."""
        kept = {"etc", "own", "none", "cgroup", self._log.name}
        units = [each.name for each in self.units.iterdir() if each.suffix in {".service", ".socket"}]
        await self._enter("systemctl", "stop", "--", *units, "gateway.service", check=False)  # one may be gone
        for each in (*self.units.iterdir(), *(each for each in self.folder.iterdir() if each.name not in kept)):
            shutil.rmtree(each) if each.is_dir() else each.unlink()
        await self.systemctl("daemon-reload")
        await self.systemctl("reset-failed")

    async def has_bus(self) -> None:
        """Start the bus that users without rights speak to systemd by."""
        for name in ("dbus.socket", "dbus.service"):
            (self.folder / "own" / name).symlink_to(f"/lib/systemd/system/{name}")
        await self.systemctl("daemon-reload")
        await self.systemctl("start", "dbus.service")

    async def systemctl(self, *words: str) -> str:
        """Do what an administrator types there."""
        return (await self._enter("systemctl", *words)).strip()

    async def does(self, scenario: Callable[..., Awaitable[None]], *arguments: str | int) -> None:
        """Do something on the machine, in a process of its own; what fails there fails here."""
        code = DO.format(module=scenario.__module__, name=scenario.__name__, arguments=", ".join(map(repr, arguments)))
        await self._enter(sys.executable, "-c", code)

    async def _enter(self, *command: str, check: bool = True) -> str:
        init = self._init()
        assert init, self._log.read_text()
        argv = ["nsenter", "--target", str(init.pid), "--all", f"--wd={ROOT}", *command]
        env = {**inherited(), "PYTHONPATH": str(ROOT)}
        ended = await shell.run(argv, env=env, deadline=120, check=False)
        if check and ended.returncode:
            pytest.fail(f"{command[0]} ended with {ended.returncode}\n{ended.stdout}{ended.stderr}", pytrace=False)
        return ended.stdout

    def _init(self) -> psutil.Process | None:
        assert self._child
        with contextlib.suppress(psutil.Error, ValueError):
            (init,) = psutil.Process(self._child.pid).children()
            return init if "systemd" in init.name() else None
        return None

    async def _up(self) -> bool:
        init = self._init()
        if init is None:
            return False
        argv = ["nsenter", "--target", str(init.pid), "--all", "systemctl", "is-system-running"]
        return (await shell.run(argv, env=inherited(), deadline=10, check=False)).stdout.strip() == "running"

    @property
    def _log(self) -> Path:
        return self.folder / "console.log"

    def _environment(self, boot: str = "") -> dict[str, str]:
        paths = ["/etc/systemd/system", "/run/systemd/system", "/run/systemd/transient", f"{self.folder}/own"]
        return {
            "PATH": os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin",
            "container": "test",
            "FOLDER": str(self.folder),
            "NAME": f"{self._name}{boot}",
            "SYSTEMD": SYSTEMD,
            "SYSTEMD_UNIT_PATH": ":".join(paths),
            "SYSTEMD_GENERATOR_PATH": f"{self.folder}/none",
            "SYSTEMD_ENVIRONMENT_GENERATOR_PATH": f"{self.folder}/none",
        }


@contextlib.asynccontextmanager
async def machine(folder: Path) -> AsyncIterator[Machine]:
    """Boot a machine, and end it afterwards."""
    made = Machine(folder)
    try:
        await made.boot()
        yield made
    finally:
        await made.end()
