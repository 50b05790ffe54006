"""The tree of `astrolabe up`: what it starts, starts again, and stops."""

import asyncio
import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path

import asyncpg
import psutil
import pytest

from astrolabe.cli.servers.folder import DataFolder
from astrolabe.cli.supervisor import Supervisor
from astrolabe.workers.programs import shell
from astrolabe.workers.programs.environment import inherited
from astrolabe.workers.programs.shell import Child
from tests.waiting import ended, until

ELSEWHERE = {"DATABASE_URL": "postgresql://127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1/0"}

CHILD = """
import os, signal, sys, time
name, diary = sys.argv[1:]
def note(what):
    with open(diary, "a") as file:
        file.write(f"{name} {what} {os.getpid()}\\n")
def end(*_):
    note("stopped")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
note("started")
time.sleep(600)
"""

UP = """
import asyncio, os, signal, sys
from pathlib import Path
from astrolabe.cli.supervisor import Supervisor, serve

folder, diary, child = sys.argv[1:]
tree = Supervisor(Path(folder), command=lambda name: [sys.executable, "-c", child, name, diary], fast=True)
sys.exit(asyncio.run(serve(tree, lambda: print("ready", flush=True))))
"""

STUBBORN = CHILD.replace("def end(*_):\n    note", "def end(*_):\n    note('asked')\n    time.sleep(600)\n    note")

LINGERING = CHILD.replace(
    '    note("stopped")',
    """    while not os.path.exists(f"{diary}.{name}"):
        time.sleep(0.01)
    note("stopped")""",
)


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that a server's user can reach."""
    path = Path(tempfile.mkdtemp(prefix="astrolabe-test-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


def up(place: Path, child: str = CHILD, **environment: str) -> Child:
    """Start a tree in a process of its own, as `astrolabe up` does."""
    root = str(Path(__file__).parents[2])
    return shell.supervise(
        [sys.executable, "-c", UP, str(place / "data"), str(place / "diary"), child],
        env=inherited() | {"PYTHONPATH": root} | environment,
        log=place / "log",
    )


def diary(place: Path) -> list[list[str]]:
    """What the children wrote: name, what happened, process."""
    path = place / "diary"
    return [line.split() for line in path.read_text().splitlines()] if path.exists() else []


def unawaited(place: Path) -> list[str]:
    """What the tree said, but for what it waited for on a machine that was slow to end it."""
    return [line for line in (place / "log").read_text().splitlines() if not line.startswith("Waiting for ")]


async def test_servers_then_preparation_then_children(place: Path) -> None:
    """The servers answer when the preparation runs, and the children start after it with the addresses."""
    prepared: list[int] = []

    async def prepare(environment: Mapping[str, str]) -> None:
        connection = await asyncpg.connect(environment["DATABASE_URL"])
        prepared.append(await connection.fetchval("SELECT 1"))
        await connection.close()
        assert not (place / "seen").exists()

    script = (
        "import os, sys, time; open(sys.argv[1], 'w').write(os.environ['REDIS_URL'] + os.environ['ASTROLABE_DATA'])"
    )
    async with Supervisor(
        place / "data",
        environment=inherited(),
        prepare=prepare,
        children=["api"],
        command=lambda _: [sys.executable, "-c", script + "; time.sleep(600)", str(place / "seen")],
        fast=True,
    ) as tree:
        await until(lambda: (place / "seen").exists() and (place / "seen").read_text() != "")
        assert prepared == [1]
        assert (place / "seen").read_text() == tree.environment["REDIS_URL"] + str(place / "data")
        assert (tree.logs / "api.log").exists()
        servers = [child for child in psutil.Process().children() if str(place) in " ".join(child.cmdline())]
        assert {"postgres", "valkey-server"} <= {server.name() for server in servers}
    assert all(ended(server.pid) for server in servers)


async def test_given_addresses_replace_the_servers(place: Path) -> None:
    """With both addresses given no server starts, and the children get the addresses as they are."""
    async with Supervisor(place / "data", environment=inherited() | ELSEWHERE, children=()) as tree:
        assert tree.environment["DATABASE_URL"] == ELSEWHERE["DATABASE_URL"]
        assert tree.environment["REDIS_URL"] == ELSEWHERE["REDIS_URL"]
        assert sorted(path.name for path in (place / "data").iterdir()) == ["lock", "logs"]


async def test_a_dead_child_starts_again_later_and_later(place: Path) -> None:
    """A child that dies is started again after a pause that doubles, with a line for the console each time."""
    said: list[str] = []
    async with Supervisor(
        place / "data",
        environment=inherited() | ELSEWHERE,
        children=["api"],
        command=lambda _: [sys.executable, "-c", "print('oops'); raise SystemExit(3)"],
        say=said.append,
    ) as tree:
        await until(lambda: len(said) == 3)
        assert (tree.logs / "api.log").read_text() == "oops\n" * 3
    assert [line.split(";")[:2] for line in said] == [
        ["api ended with code 3", f" it starts again in {pause} s"] for pause in ("0.5", "1", "2")
    ]


async def test_a_dead_server_starts_again_at_its_address(place: Path) -> None:
    """A PostgreSQL that dies comes back where the children look for it."""
    said: list[str] = []
    async with Supervisor(place / "data", environment=inherited(), children=(), say=said.append) as tree:
        connection = await asyncpg.connect(tree.environment["DATABASE_URL"])
        pid = int((place / "data" / "postgres" / "data" / "postmaster.pid").read_text().split("\n")[0])
        os.kill(pid, signal.SIGQUIT)
        await until(connection.is_closed)
        await until(lambda: len(said) == 1)
        async with asyncio.timeout(20):
            again = await _connected(tree.environment["DATABASE_URL"])
        assert await again.fetchval("SELECT 1") == 1
        await again.close()
    assert said[0].startswith("postgres ended with code")


async def _connected(url: str) -> asyncpg.Connection:
    while True:
        try:
            return await asyncpg.connect(url)
        except (OSError, asyncpg.CannotConnectNowError):
            await asyncio.sleep(0.05)


async def test_a_failed_preparation_stops_the_servers(place: Path) -> None:
    """When the preparation fails, its error is raised and nothing is left running."""

    async def prepare(environment: Mapping[str, str]) -> None:
        raise RuntimeError(environment["DATABASE_URL"])

    with pytest.raises(RuntimeError, match="postgresql://astrolabe"):
        async with Supervisor(place / "data", environment=inherited(), prepare=prepare, children=(), fast=True):
            pytest.fail("the tree started all the same")
    assert not (place / "data" / "postgres" / "data" / "postmaster.pid").exists()
    DataFolder.claim(place / "data").release()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_stops_everything_in_reverse_order(place: Path, number: signal.Signals) -> None:
    """Ctrl-C or SIGTERM stops the children in reverse order, then the servers, and the code is 0."""
    tree = up(place)
    await until(lambda: len(diary(place)) == 3, 30)
    family = psutil.Process(tree.pid).children(recursive=True)
    tree.signal(number)
    assert await tree.wait() == 0
    assert {name for name, what, _ in diary(place) if what == "started"} == {"api", "relay", "worker"}
    assert [name for name, what, _ in diary(place) if what == "stopped"] == ["worker", "relay", "api"]
    assert all(ended(process.pid) for process in family)
    assert unawaited(place) == ["ready"]


async def test_a_second_signal_ends_it_at_once(place: Path) -> None:
    """A second Ctrl-C ends children that do not stop when asked."""
    tree = up(place, STUBBORN, **ELSEWHERE)
    await until(lambda: len(diary(place)) == 3, 30)
    family = psutil.Process(tree.pid).children(recursive=True)
    tree.signal(signal.SIGINT)
    await until(lambda: any(what == "asked" for _, what, _ in diary(place)))
    assert tree.returncode is None
    tree.signal(signal.SIGINT)
    async with asyncio.timeout(5):
        assert await tree.wait() == 1
    assert all(ended(process.pid) for process in family)
    assert unawaited(place) == ["ready"]


async def test_whoever_waits_for_the_end_reads_what_is_awaited(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes its time to end is named again and again, with what ends after it, until it has ended."""
    monkeypatch.setattr("astrolabe.cli.awaited.BETWEEN_LINES", 0.05)
    said: list[str] = []
    tree = Supervisor(
        place / "data",
        environment=inherited() | ELSEWHERE,
        children=["api", "relay", "worker"],
        command=lambda name: [sys.executable, "-c", LINGERING, name, str(place / "diary")],
        say=said.append,
    )
    async with asyncio.timeout(60), tree:
        await until(lambda: len(diary(place)) == 3, 30)
        ending = asyncio.create_task(tree.__aexit__())
        for name, then in (("worker", ", then for relay, api"), ("relay", ", then for api"), ("api", "")):
            line = rf"Waiting for {name} to end \(\d+ s\){then}\. Another Ctrl-C ends everything at once\."
            await until(lambda line=line: len([each for each in said if re.fullmatch(line, each)]) > 1)
            (place / f"diary.{name}").touch()
        await ending
    assert [name for name, _ in groupby(line.split()[2] for line in said)] == ["worker", "relay", "api"]


async def test_a_signal_during_the_start_leaves_nothing(place: Path) -> None:
    """Ctrl-C while the servers are being made stops that, and the next start succeeds."""
    tree = up(place)
    await until((place / "data" / "postgres.new").exists, 30)
    tree.signal(signal.SIGINT)
    assert await tree.wait() == 0
    assert diary(place) == []
    again = up(place)
    await until(lambda: len(diary(place)) == 3, 30)
    assert await again.stop(signal.SIGINT) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child at its parent's death")
async def test_a_killed_tree_leaves_no_process(place: Path) -> None:
    """After kill -9 of the tree its children and servers end too."""
    tree = up(place)
    await until(lambda: len(diary(place)) == 3, 30)
    family = psutil.Process(tree.pid).children(recursive=True)
    assert len(family) > 5
    tree.signal(signal.SIGKILL)
    await tree.wait()
    await until(lambda: all(ended(process.pid) for process in family), 20)
