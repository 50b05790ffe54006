"""The host lock: one process at a time touches an instance, until it gives the lock back or dies."""

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from astrolabe.store.ids import new_id
from astrolabe.workers.worker.host_lock import host_lock

HOLDS = """
import asyncio, sys
from pathlib import Path
from astrolabe.workers.worker.host_lock import host_lock

async def hold():
    async with host_lock(Path(sys.argv[1]), sys.argv[2], 0) as mine:
        print(mine, flush=True)
        await asyncio.Event().wait()

asyncio.run(hold())
"""


async def held(folder: Path, instance_id: str) -> bool:
    """Return whether anybody holds an instance's lock."""
    async with host_lock(folder, instance_id, 0) as mine:
        return not mine


@contextlib.asynccontextmanager
async def another_process(folder: Path, instance_id: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Let a process hold the lock of an instance."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDS, str(folder), instance_id, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout
        assert await process.stdout.readline() == b"True\n"
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def test_another_process_waits_in_vain(tmp_path: Path) -> None:
    """What one has its hands on no other touches, however long it waits; what nobody has is free."""
    instance_id = new_id()
    async with another_process(tmp_path, instance_id):
        began = time.monotonic()
        async with host_lock(tmp_path, instance_id, 0.3) as mine:
            assert not mine
        assert time.monotonic() - began >= 0.3
        assert not await held(tmp_path, new_id())


async def test_it_ends_with_its_holder(tmp_path: Path) -> None:
    """Whoever is killed holds nothing any more, and whoever waits has it then."""
    instance_id = new_id()
    async with another_process(tmp_path, instance_id) as process:
        process.kill()
        async with host_lock(tmp_path, instance_id, 10) as mine:
            assert mine


async def test_a_suspended_holder_keeps_it(tmp_path: Path) -> None:
    """It may wake in the middle of what it does."""
    instance_id = new_id()
    async with another_process(tmp_path, instance_id) as process:
        process.send_signal(signal.SIGSTOP)
        assert await held(tmp_path, instance_id)


async def test_two_of_one_process_exclude_each_other(tmp_path: Path) -> None:
    """A worker that is given an instance twice is at it once, and the end of one lock leaves the others."""
    one, other = new_id(), new_id()
    async with host_lock(tmp_path, one, 0) as mine, host_lock(tmp_path, other, 0) as another:
        assert mine
        assert another
        assert await held(tmp_path, one)
        assert await held(tmp_path, one)
        assert await held(tmp_path, other)
    assert not await held(tmp_path, one)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each instance has a file of its own")
async def test_no_file_is_made_for_an_instance(tmp_path: Path) -> None:
    """However many there are, the folder has one file, which nobody else may read."""
    for _ in range(3):
        assert not await held(tmp_path / "locks", new_id())
    (file,) = (tmp_path / "locks").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.stat().st_size == 0
