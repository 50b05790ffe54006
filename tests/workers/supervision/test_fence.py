"""A fence around a stopped instance: who comes is told, and ended where it is the gateway that was stopped."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from astrolabe.workers.instance import process, twin
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.listening import pids
from astrolabe.workers.instance.process import GatewayProcess
from astrolabe.workers.instance.supervision.fence import Fence, Sighting
from astrolabe.workers.programs import shell
from astrolabe.workers.programs.environment import inherited
from tests.ports import free_port
from tests.waiting import until
from tests.workers.supervision.gateways import installed, serving

SECRET = "a-password-to-look-for"
LOOP = 'while :; do "$@"; sleep 0.05; done'


@pytest.fixture
def port() -> int:
    """The instance's port."""
    return free_port()


def nobody(_: GatewayProcess) -> bool:
    """Say of every process that it is not meant."""
    return False


def started(folder: Path, port: int, *words: str) -> shell.Child:
    """Start something on the port."""
    return shell.supervise(words, env={**inherited(), "PORT": str(port)}, log=folder / "log")


async def ends(fence: Fence, told: list[str]) -> StepFailed:
    """Watch until the fence gives up."""

    async def tell(what: str) -> None:
        told.append(what)

    async with asyncio.timeout(30):
        with pytest.raises(StepFailed) as failure:
            await fence.watch(tell)
    return failure.value


async def test_nobody_comes(port: int) -> None:
    """Where nobody comes, nothing is told."""
    assert await Fence(port, ours=nobody, end=nobody).look() == []


async def test_a_foreign_listener_is_told_once_and_left_alone(tmp_path: Path, port: int) -> None:
    """A process that takes the port while the instance is stopped is told, without its secrets, and goes on."""
    fence = Fence(port, ours=nobody, end=nobody, secrets=[SECRET])
    child = started(tmp_path, port, *installed(tmp_path, "1.1.0"), f"--token={SECRET}", SECRET)
    try:
        await serving(port)
        (told,) = await fence.look()
        assert await fence.look() == []
        assert child.returncode is None
    finally:
        await child.stop()
    assert "1.1.0/answering.js" in told
    assert SECRET not in told


async def test_what_is_ours_is_not_foreign(tmp_path: Path, port: int) -> None:
    """The version that Astrolabe itself has started is not told."""
    child = started(tmp_path, port, *installed(tmp_path, "1.2.0"))
    try:
        await serving(port)
        fence = Fence(port, ours=lambda found: found.pid == child.pid, end=lambda _: True)
        assert await fence.look() == []
        assert child.returncode is None
    finally:
        await child.stop()


async def test_whoever_comes_once_is_ended_and_told(tmp_path: Path, port: int) -> None:
    """A gateway that a person starts by hand meanwhile is ended; the upgrade goes on."""
    child = started(tmp_path, port, *installed(tmp_path, "1.1.0"))
    await serving(port)
    (told,) = await Fence(port, ours=nobody, end=lambda _: True).look()
    assert told.endswith("came to the instance's port and was ended")
    await child.wait()
    assert not pids(port)


@pytest.mark.parametrize("listens", [True, False])
async def test_whoever_comes_again_is_a_reason_to_give_up(tmp_path: Path, port: int, listens: bool) -> None:
    """What a loop brings back is ended and told; the second time somebody must find out who does it.

    A gateway that fails again and again before it listens, for it finds no database, is known by what was stopped.
    """
    gateway = installed(tmp_path, "1.1.0")
    child = started(tmp_path, port, "sh", "-c", LOOP, "sh", *gateway)
    told: list[str] = []
    try:
        await serving(port)
        found = process.listener(port)
        assert found
        twin.remember(found, tmp_path)
        twins: Callable[[], list[GatewayProcess]] = (list) if listens else lambda: twin.twins(tmp_path)
        watched = port if listens else free_port()
        failure = await ends(Fence(watched, ours=nobody, end=lambda _: True, twins=twins), told)
    finally:
        await child.stop(group=True)
        if left := process.listener(port):
            await process.end(left)
    assert failure.problem.code == "brought-back"
    assert "1.1.0/answering.js" in failure.problem.detail
    assert len(told) == 1


async def test_foreign_sessions_are_told_once(port: int) -> None:
    """Sessions in the database are told once each, for as long as they are seen."""
    one, two = [Sighting("session", f"{number} of owner in psql", ended=True) for number in (17, 18)]
    answers = [[one], [one, two], []]

    async def sessions() -> list[Sighting]:
        return answers.pop(0)

    fence = Fence(port, ours=nobody, end=nobody, sessions=sessions)
    assert [await fence.look() for _ in range(3)] == [
        ["17 of owner in psql was in the instance's database and was ended"],
        ["18 of owner in psql was in the instance's database and was ended"],
        [],
    ]


async def test_whether_a_port_is_listened_on(tmp_path: Path, port: int) -> None:
    """A port is known to be listened on from the first moment to the last."""
    assert not pids(port)
    child = started(tmp_path, port, *installed(tmp_path, "1.1.0"))
    await until(lambda: bool(pids(port)), seconds=20)
    await child.stop()
    assert not pids(port)


async def test_nothing_was_stopped_so_it_has_no_twin(tmp_path: Path) -> None:
    """Without a process that was stopped, none is like it."""
    assert twin.twins(tmp_path) == []
