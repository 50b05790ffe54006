"""Processes forked from one that has loaded everything: each is as whole as one that was started by itself."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from astrolabe.cli.commands.up import forks_of_us
from astrolabe.cli.forking.client import Forks
from astrolabe.cli.own_python import ISOLATED, is_isolated
from astrolabe.cli.process import forking
from astrolabe.workers.programs import shell
from astrolabe.workers.programs.environment import inherited
from astrolabe.workers.programs.shell import Child
from tests.waiting import ended, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only there is anything forked")

PARENT = """
import asyncio, os, signal, sys, time
from pathlib import Path
from astrolabe.cli.failure import CommandError, CommandFailed
from astrolabe.cli.forking.client import Forks
from astrolabe.store.ids import new_id

folder = Path(sys.argv[1])

def run(words):
    if words[0] == "id":
        print(new_id())
    elif words[0] == "fail":
        print("astrolabe: it cannot be done")
        sys.exit(2)
    elif words[0] == "break":
        raise OSError("it broke")
    elif words[0] == "tell":
        print(os.environ["SAID"], words[1], os.getsid(0) == os.getpid(), sys.stdin.read() == "", flush=True)
        sys.exit(7)
    else:
        print("sleeps", os.getpid(), flush=True)
        time.sleep(600)
    sys.exit(0)

forks = Forks.made(run)
print("forks from", forks._pid, flush=True)

async def main():
    env = {**os.environ, "SAID": "so"}
    sleeping = [await forks.start(["sleep"], env=env, log=folder / f"sleeping-{nth}") for nth in range(2)]
    told = await forks.start(["tell", "this"], env=env, log=folder / "told")
    print("ended with", await told.wait(), flush=True)
    print("ids", len({await forks.output(["id"], env=env) for _ in range(3)}), flush=True)
    try:
        await forks.output(["fail"], env=env)
    except CommandError as error:
        print("failed:", error.message, flush=True)
    try:
        await forks.output(["break"], env=env)
    except CommandFailed as error:
        print("broke:", error.message, flush=True)
    print("stopped with", await sleeping[0].stop(grace=20), flush=True)
    print("ready", flush=True)
    print("ended with", await sleeping[1].wait(), forks.gone, flush=True)

try:
    asyncio.run(main())
finally:
    forks.close()
"""


def parent(place: Path) -> Child:
    """Start a process that forks others, each of which does one thing."""
    root = str(Path(__file__).parents[2])
    argv = [sys.executable, "-c", PARENT, str(place)]
    return shell.supervise(argv, env=inherited() | {"PYTHONPATH": root}, log=place / "log")


async def said(place: Path, words: str) -> list[str]:
    """Wait until the parent has said something; return all it said."""
    log = place / "log"
    await until(lambda: words in log.read_text())
    return log.read_text().splitlines()


async def test_a_fork_has_its_own_environment_output_session_and_end(tmp_path: Path) -> None:
    """What its command prints, and the code that it ends with, is as if it had been started by itself."""
    forking = parent(tmp_path)
    try:
        lines = await said(tmp_path, "ready")
    finally:
        await forking.stop()
    assert lines[1:] == [
        "ended with 7",
        "ids 3",
        "failed: it cannot be done",
        "broke: break ended with code 1: OSError: it broke",
        "stopped with -15",
        "ready",
    ]
    assert (tmp_path / "told").read_text() == "so this True True\n"
    assert (tmp_path / "told").stat().st_mode & 0o777 == 0o600


async def test_a_killed_parent_leaves_no_fork(tmp_path: Path) -> None:
    """After kill -9 of whoever asked for them, the forks end, and what they were forked from."""
    forking = parent(tmp_path)
    await said(tmp_path, "ready")
    family = psutil.Process(forking.pid).children(recursive=True)
    assert len(family) == 2
    forking.signal(signal.SIGKILL)
    await until(lambda: all(ended(each.pid) for each in family), 20)


async def test_what_is_killed_is_heard_of(tmp_path: Path) -> None:
    """A fork that somebody kills has ended for the parent, with the signal as its code."""
    forking = parent(tmp_path)
    await said(tmp_path, "ready")
    sleeping = tmp_path / "sleeping-1"
    await until(lambda: sleeping.read_text().endswith("\n"))
    os.kill(int(sleeping.read_text().split()[1]), signal.SIGKILL)
    assert (await said(tmp_path, "-9"))[-1] == "ended with -9 False"
    assert await forking.wait() == 0


async def test_a_dead_fork_server_takes_its_forks_with_it(tmp_path: Path) -> None:
    """Nothing runs on that nobody could stop, and the parent hears that it is gone."""
    forking = parent(tmp_path)
    lines = await said(tmp_path, "ready")
    (pid,) = [int(line.split()[-1]) for line in lines if line.startswith("forks from")]
    family = psutil.Process(pid).children()
    os.kill(pid, signal.SIGKILL)
    assert (await said(tmp_path, "True"))[-1] == "ended with -9 True"
    assert await forking.wait() == 0
    await until(lambda: all(ended(each.pid) for each in family), 20)


async def test_a_signal_to_all_leaves_the_stopping_to_the_parent(tmp_path: Path) -> None:
    """A service manager signals every process of a service; what forks outlives that, for it is still needed."""
    forking = parent(tmp_path)
    lines = await said(tmp_path, "ready")
    (pid,) = [int(line.split()[-1]) for line in lines if line.startswith("forks from")]
    for number in (signal.SIGTERM, signal.SIGINT):
        os.kill(pid, number)
    await asyncio.sleep(0.1)
    assert not ended(pid)
    await forking.stop()
    await until(lambda: ended(pid))


async def test_where_the_fork_server_is_gone_processes_are_executed(tmp_path: Path) -> None:
    """A process that has to start again does so, in a Python of its own."""

    class Gone(Forks):
        def __init__(self) -> None:
            self.gone = True

    launch = forking(Gone(), lambda name: [f"--{name}"])
    child = await launch("version", inherited(), tmp_path / "version.log")
    assert await child.wait() == 0
    assert "astrolabe, version" in (tmp_path / "version.log").read_text()


def test_what_a_stranger_may_have_put_code_into_is_not_forked() -> None:
    """Only a process that neither looks into the current folder nor heeds PYTHONPATH is what others are made from."""
    assert not is_isolated()
    assert forks_of_us() is None


async def test_processes_of_up_are_told_apart(tmp_path: Path) -> None:
    """`ps` shows for a fork what it is, and not what it was forked from."""
    script = (
        "import sys, time; from astrolabe.cli.forking import title; title.show('astrolabe worker'); "
        "print('shown', flush=True); time.sleep(600)"
    )
    root = str(Path(__file__).parents[2])
    env = inherited() | {"PYTHONPATH": root}
    child = shell.supervise([sys.executable, "-c", script], env=env, log=tmp_path / "log")
    try:
        await said(tmp_path, "shown")
        shown = psutil.Process(child.pid)
        assert (shown.name(), " ".join(shown.cmdline())) == ("astrolabe-worke", "astrolabe worker")
    finally:
        await child.stop()


LOADED = """
import sys
from importlib import import_module
from astrolabe.cli.supervisor import CHILDREN
import astrolabe.cli.main

for name in CHILDREN:
    import_module(f"astrolabe.cli.commands.serving.{name}")
import_module("astrolabe.api.server").app_of_this_process()
print([name for name in sys.modules if name in {"sqlalchemy.orm", "alembic", "rich"}])
"""


async def test_what_is_shared_holds_nothing_that_nobody_uses(tmp_path):
    """The libraries' parts that only others need are not loaded, and the application is made without them."""
    finished = await shell.run([sys.executable, *ISOLATED, "-c", LOADED], env=inherited(), cwd=tmp_path, deadline=60)
    assert finished.stdout == "[]\n"
