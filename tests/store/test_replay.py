"""Replaying: the whole log stretch by stretch, on however many cores, and wherever what is read is cut."""

import asyncio
import os
import signal
from collections.abc import Iterator

import psutil
import pytest

from astrolabe.domain.streams import ACCESS_STREAM
from astrolabe.store.errors import StoreError
from astrolabe.store.ids import new_id
from astrolabe.store.log import replay
from astrolabe.store.log.entry import AnyRecorded
from astrolabe.store.log.log import Log
from astrolabe.store.log.replay import replay_instances
from astrolabe.store.streams.tokens import Tokens
from tests.store.stage import BY, eventually, everything, said

MANY = {"few": 0, "stretch": 7}
"""What makes processes of a few events."""


class Everything:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.events: list[AnyRecorded] = []

    def take(self, events: Iterator[AnyRecorded]) -> None:
        """Keep these."""
        self.events += events

    def end(self) -> tuple[int, list[AnyRecorded]]:
        """Return them, and which process had them."""
        return os.getpid(), self.events


class Refusing(Everything):
    """Cannot go on after some events."""

    def end(self) -> tuple[int, list[AnyRecorded]]:
        """Refuse."""
        raise StoreError(f"version {self.events[0].version} cannot be folded")


class Dying(Everything):
    """Is killed, as by a kernel that is short of memory."""

    def end(self) -> tuple[int, list[AnyRecorded]]:
        """Die."""
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("still here")


class Waiting(Everything):
    """Never comes to an end."""

    def end(self) -> tuple[int, list[AnyRecorded]]:
        """Wait for ever."""
        signal.pause()
        raise AssertionError("woken")


@pytest.fixture
async def last(log, sequencer) -> int:
    """The last position but a few of a log whose streams grew at the same time; long events among them."""
    await Tokens(log).issue("ci", ("read",), BY)
    streams = [new_id() for _ in range(8)]
    for nth in range(12):
        for stream_id in streams:
            await log.append(stream_id, nth, [said(f'{nth} ä "\\ \x1e\x1f\n\r' + "x" * nth * 4000)], BY)
    await sequencer.drain()
    return 90


async def _wanted(log: Log, last: int) -> list[AnyRecorded]:
    found = [each for each in await everything(log) if each.position <= last and each.stream_id != ACCESS_STREAM]
    return sorted(found, key=lambda each: (each.stream_id, each.version))


async def test_every_stream_comes_whole_and_in_order(database, log, last, monkeypatch):
    """Up to the position and without tokens, also where a piece that is read ends within a stream."""
    monkeypatch.setattr(replay, "PIECE", 5)
    ((process, found),) = [each async for each in replay_instances(database, last, Everything)]
    assert found == await _wanted(log, last)
    assert process == os.getpid()


async def test_several_processes_bring_the_same_in_the_same_order(database, log, last, monkeypatch):
    """Stretches are folded by others, each stream by one of them, and come as if one had folded all."""
    monkeypatch.setattr(replay, "cores", lambda: 3)
    results = [each async for each in replay_instances(database, last, Everything, **MANY)]
    assert [event for _, events in results for event in events] == await _wanted(log, last)
    assert os.getpid() not in {process for process, _ in results}
    assert len(results) > 3
    assert len({process for process, _ in results}) > 1
    assert not _spawned()


@pytest.mark.parametrize("few", [0, 1000])
async def test_a_failure_is_raised_in_its_own_words(database, last, few):
    """Whichever process it was in."""
    with pytest.raises(StoreError, match="version 1 cannot be folded"):
        [each async for each in replay_instances(database, last, Refusing, few=few, stretch=7)]
    assert not _spawned()


async def test_a_process_that_dies_ends_the_whole(database, last):
    """It is not waited for."""
    with pytest.raises(StoreError, match=r"One of our processes died with code -9; try again\."):
        [each async for each in replay_instances(database, last, Dying, **MANY)]
    assert not _spawned()


async def test_whoever_is_interrupted_leaves_no_process(database, last):
    """Ctrl-C ends the loop's main task, and with it what that started."""

    async def read():
        return [each async for each in replay_instances(database, last, Waiting, **MANY)]

    reading = asyncio.create_task(read())

    async def begun():
        return _spawned()

    await eventually(begun)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert not _spawned()


def _spawned() -> list[psutil.Process]:
    return [each for each in psutil.Process().children() if "spawn_main" in " ".join(each.cmdline())]
