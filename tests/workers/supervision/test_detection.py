"""Who keeps a gateway alive, found while nothing is touched, among real supervisors, shells, parents and orphans."""

import contextlib
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import psutil
import pytest

from astrolabe.workers.instance import process
from astrolabe.workers.instance.supervision import lineage
from astrolabe.workers.instance.supervision.detection import detect
from astrolabe.workers.programs import shell
from astrolabe.workers.programs.environment import inherited
from tests.lacking import lacks
from tests.ports import free_port
from tests.workers.supervision.gateways import comes_back, installed, serving

SECRET = "a-password-to-look-for"


@pytest.fixture
def port() -> int:
    """The port that the gateway listens on."""
    return free_port()


@contextlib.asynccontextmanager
async def running(folder: Path, port: int, *argv: str | Path, **env: str) -> AsyncIterator[None]:
    """Run whatever keeps a gateway, and end it with all that it started."""
    log = folder / "started.log"
    child = shell.supervise(argv, env={**inherited(), "PORT": str(port), **env}, log=log, cwd=folder)
    family: list[psutil.Process] = []
    try:
        yield
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            family = psutil.Process(child.pid).children(recursive=True)
        await child.stop(group=True)
        for each in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        if found := process.listener(port):
            await process.end(found)


def killed(port: int) -> int:
    """Kill the gateway, as a careless upgrade would."""
    found = process.listener(port)
    assert found
    psutil.Process(found.pid).kill()
    return found.pid


def executable(file: Path, *lines: str) -> Path:
    """Write a script that can be run."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(("#!/bin/sh", *lines, "")))
    file.chmod(0o755)
    return file


Starter = Callable[[Path, Sequence[str]], list[str | Path]]
"""Returns how one starts a supervisor with a gateway."""


def supervisord(folder: Path, gateway: Sequence[str]) -> list[str | Path]:
    """How one starts supervisord with a gateway."""
    log = f"logfile={folder}/supervisord.log\npidfile={folder}/supervisord.pid"
    program = f"[program:gateway]\ncommand={' '.join(gateway)}\nautorestart=true\nstartsecs=0"
    (folder / "supervisord.conf").write_text(f"[supervisord]\nnodaemon=true\n{log}\n{program}\n")
    return [Path(sys.executable).with_name("supervisord"), "-c", folder / "supervisord.conf"]


def service_folder(program: str) -> Starter:
    """How one starts a gateway with a supervisor that keeps what a folder's file `run` begins."""

    def started(folder: Path, gateway: Sequence[str]) -> list[str | Path]:
        executable(folder / "gateway" / "run", f"exec {' '.join(gateway)}")
        return [program, folder / "gateway"]

    return started


SUPERVISORS = {
    "supervisord": (supervisord, "supervisorctl stop"),
    "runit": (service_folder("runsv"), "sv down"),
    "s6": (service_folder("s6-supervise"), "s6-svc -d"),
    "daemontools": (service_folder("supervise"), "svc -d"),
}
PROGRAMS = {"runit": "runsv", "s6": "s6-supervise", "daemontools": "supervise"}


@pytest.mark.parametrize("name", SUPERVISORS)
async def test_a_supervisor_is_refused_by_name(tmp_path: Path, port: int, name: str) -> None:
    """A supervisor through which Astrolabe does not act is named before anything is touched, and how to stop it."""
    program = PROGRAMS.get(name)
    if program and not shutil.which(program):
        lacks(f"this machine lacks {program} (apt-get install {name})")
    start, todo = SUPERVISORS[name]
    async with running(tmp_path, port, *start(tmp_path, installed(tmp_path, "1.1.0"))):
        await serving(port)
        assert await comes_back(port, killed(port))
        found = await detect((await serving(port)).pid)
    assert (found.verdict, found.by) == ("refused", name), found
    assert name in found.seen
    assert todo in found.todo
    assert found.problem().code == "supervised"
    assert not found.ok


LOOP = 'while :; do "$1" "$2"; sleep 0.05; done'
"""As the field's case has it: a shell that keeps the installed old version running."""


async def test_a_shell_loop_is_refused(tmp_path: Path, port: int) -> None:
    """A shell's script that begins again what ended is refused, and told without the secrets in its words."""
    loop = executable(tmp_path / "loop.sh", LOOP)
    words = ("sh", loop, *installed(tmp_path, "1.1.0"), f"--token={SECRET}")
    async with running(tmp_path, port, *words):
        await serving(port)
        assert await comes_back(port, killed(port))
        found = await detect((await serving(port)).pid)
    assert (found.verdict, found.by) == ("refused", "a shell"), found
    assert "loop.sh" in found.seen
    assert SECRET not in repr(found)


async def test_a_loop_in_a_shells_words_is_refused(tmp_path: Path, port: int) -> None:
    """A loop that was typed after `sh -c` is refused as well."""
    node, script = installed(tmp_path, "1.1.0")
    async with running(tmp_path, port, "sh", "-c", f"while true; do {node} {script}; done"):
        found = await detect((await serving(port)).pid)
    assert (found.verdict, found.by) == ("refused", "a shell"), found


async def test_a_secret_of_the_instances_is_never_told(tmp_path: Path, port: int) -> None:
    """What the instance calls secret is redacted in whatever a stranger's command shows."""
    loop = executable(tmp_path / "loop.sh", LOOP)
    async with running(tmp_path, port, "sh", loop, *installed(tmp_path, "1.1.0"), SECRET):
        found = await detect((await serving(port)).pid, [SECRET])
    assert SECRET not in repr(found)
    assert "[REDACTED]" in found.seen


async def test_a_script_that_runs_it_once_is_nobody(tmp_path: Path, port: int) -> None:
    """A script that ends with its gateway starts nothing again; nor does what has started the script and ended."""
    node, script = installed(tmp_path, "1.1.0")
    executable(tmp_path / "start.sh", f"{node} {script}", "echo it has ended")
    async with running(tmp_path, port, "setsid", "sh", "-c", "sh ./start.sh & echo begun"):
        found = await detect((await serving(port)).pid)
    assert found.verdict == "nobody", found
    assert found.ok


async def test_what_was_typed_into_a_terminal_is_nobodys(tmp_path: Path, port: int) -> None:
    """A gateway that a person typed into a terminal is started again by nobody."""
    node, script = installed(tmp_path, "1.1.0")
    ours, theirs = pty.openpty()
    typed = subprocess.Popen(  # noqa: ASYNC220 (it only begins)
        ["/usr/bin/setsid", "--ctty", "bash", "--norc", "-i"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**inherited(), "PORT": str(port)},
    )
    try:
        os.write(ours, f"{node} {script}\n".encode())
        found = await detect((await serving(port)).pid)
    finally:
        typed.kill()
        typed.wait()
        os.close(ours)
        os.close(theirs)
        if left := process.listener(port):
            await process.end(left)
    assert found.verdict == "nobody", found
    assert "typed" in found.seen


async def test_what_astrolabe_started_is_nobodys(tmp_path: Path, port: int) -> None:
    """A gateway that a worker started is started again by nobody, whatever runs the worker."""
    env = {"PORT": str(port), process.MARK: "instance/mark"}
    begin = f"import subprocess; subprocess.run({list(installed(tmp_path, '1.1.0'))!r}, env={env!r})"
    async with running(tmp_path, port, sys.executable, "-c", begin):
        found = await detect((await serving(port)).pid)
    assert (found.verdict, found.by) == ("nobody", "nobody"), found
    assert "Astrolabe" in found.seen


async def test_another_parent_is_unknown_and_never_nobody(tmp_path: Path, port: int) -> None:
    """A program that started it and still runs may or may not start it again: that is said, and not guessed."""
    begin = f"import subprocess; subprocess.run({list(installed(tmp_path, '1.1.0'))!r})"
    async with running(tmp_path, port, sys.executable, "-c", begin):
        found = await detect((await serving(port)).pid)
    assert (found.verdict, found.problem().code) == ("unknown", "supervision-unknown"), found
    assert "python" in found.seen


async def test_what_cannot_be_seen_is_unknown(tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the control groups cannot be read, nobody is never the answer; what has ended is not known either."""
    async with running(tmp_path, port, *installed(tmp_path, "1.1.0")):
        pid = (await serving(port)).pid
        monkeypatch.setattr(lineage, "PROC", tmp_path / "proc")
        hidden = await detect(pid)
    monkeypatch.undo()
    assert hidden.verdict == "unknown"
    assert "cannot be read" in hidden.seen
    assert (await detect(pid)).verdict == "unknown"


async def test_a_gateway_in_a_container_is_refused(tmp_path: Path, port: int) -> None:
    """A gateway in namespaces of its own is a container's, and its engine's to start again."""
    if os.geteuid() != 0:
        lacks("only root makes namespaces")
    options = ("unshare", "--fork", "--pid", "--mount-proc", "--kill-child=SIGKILL")
    async with running(tmp_path, port, *options, *installed(tmp_path, "1.1.0")):
        await serving(port)
        found_process = process.listener(port)
        assert found_process
        found = await detect(found_process.pid)
    assert (found.verdict, found.by) == ("refused", "a container engine"), found
    assert "compose" in found.todo


async def test_a_cron_job_is_refused(tmp_path: Path, port: int) -> None:
    """What a cron daemon started is named as such, by the name the daemon has."""
    node, script = installed(tmp_path, "1.1.0")
    cron = shutil.copy(shutil.which("dash") or "/bin/sh", tmp_path / "cron")
    async with running(tmp_path, port, cron, "-c", f"{node} {script}; :"):
        found = await detect((await serving(port)).pid)
    assert (found.verdict, found.by) == ("refused", "cron"), found
