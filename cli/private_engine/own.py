"""A container engine of our own, in namespaces that end with the command they are made for.

As root on Linux. The command runs beside a Docker engine that nobody else sees, and has no network but its own.
"""

import os
import shutil
import sys
from pathlib import Path
from typing import Final

from astrolabe.cli.own_python import run_module
from astrolabe.cli.servers.server import until_ready
from astrolabe.workers.programs import shell, tools
from astrolabe.workers.programs.environment import inherited

FOLDER: Final = Path("/run/astrolabe-engine")
SOCKET: Final = FOLDER / "docker.sock"
DATA: Final = FOLDER / "data"
DOWNLOADS: Final = DATA / "tmp"
"""Where the engine puts what it pulls, before it unpacks it."""

INSIDE: Final = "ASTROLABE_INSIDE_ENGINE"
"""Set for whoever runs beside an engine of ours."""

NEEDED: Final = ("unshare", "mount", "ip", "ldd", "dockerd", "containerd", "docker", "docker-registry", "busybox")
DEBIAN: Final = "docker.io docker-registry busybox-static iproute2"
NAMESPACES: Final = ("--fork", "--pid", "--mount", "--net", "--mount-proc", "--kill-child=SIGKILL")


def inside() -> bool:
    """Return whether this process runs beside an engine of ours."""
    return INSIDE in os.environ  # noqa: TID251  no setting: we set it ourselves


def lacking() -> str | None:
    """Say why no engine of our own can be started here; None where one can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "an engine of its own needs Linux and root"
    missing = [name for name in NEEDED if shutil.which(name, path=_path()) is None]
    if missing:
        return f"this machine lacks {', '.join(missing)} (on Debian: apt-get install {DEBIAN})"
    return None if tools.compose_plugin() else "this machine lacks the plugin `docker compose`"


def beside(command: list[str]) -> list[str]:
    """Return the command that runs another one beside an engine of its own."""
    return ["unshare", *NAMESPACES, *run_module("astrolabe.cli.private_engine", "--inside", *command)]


def environment() -> dict[str, str]:
    """Return what leads Docker's own programs to this engine."""
    where = {"DOCKER_HOST": f"unix://{SOCKET}", "DOCKER_CONFIG": str(FOLDER / "config")}
    return {**where, INSIDE: "1", "PATH": _path()}


async def start() -> None:
    """Bring up the loopback device, a file system that nobody else sees, and the engine."""
    await _run("ip", "link", "set", "lo", "up")
    await _run("mount", "-t", "tmpfs", "tmpfs", "/run")
    plugins = FOLDER / "config" / "cli-plugins"
    plugins.mkdir(parents=True)
    if plugin := tools.compose_plugin():
        (plugins / "docker-compose").symlink_to(plugin)
    log = FOLDER / "dockerd.log"
    options = ("--data-root", DATA, "--exec-root", FOLDER / "exec", "--pidfile", FOLDER / "pid")
    child = shell.supervise(
        ["dockerd", *options, "--host", f"unix://{SOCKET}", "--iptables=false"],
        env={**inherited(), "PATH": _path()},
        log=log,
    )
    await until_ready(child, _answers, name="The container engine", log=log, since=0)


async def _answers() -> bool:
    env = {**inherited(), **environment()}
    return (await shell.run(["docker", "version"], env=env, deadline=10, check=False)).returncode == 0


async def _run(*argv: str) -> None:
    await shell.run(argv, env={**inherited(), "PATH": _path()}, deadline=10)


def _path() -> str:
    # Root's PATH may leave out the folders where daemons lie.
    return os.pathsep.join((*os.get_exec_path(), "/usr/sbin", "/sbin"))
