"""The host lock: while one process of a host has its hands on an instance, no other of its processes touches it."""

import asyncio
import contextlib
import fcntl
import os
import struct
import sys
import time
import uuid
from collections.abc import AsyncGenerator
from pathlib import Path

POLL_SECONDS = 0.05


@contextlib.asynccontextmanager
async def host_lock(folder: Path, instance_id: str, seconds: float) -> AsyncGenerator[bool]:
    """Hold the lock of an instance in a host's folder of locks; False where another process still holds it by then.

    A lease can run out under a worker that was merely suspended. The kernel gives this lock back at the holder's
    death and not before, so two workers of one host never touch one instance at once.
    """
    descriptor = _opened(folder, instance_id)
    try:
        yield await _locked(descriptor, instance_id, seconds)
    finally:
        os.close(descriptor)


async def _locked(descriptor: int, instance_id: str, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(BlockingIOError):
            _lock(descriptor, instance_id)
            return True
        if time.monotonic() > end:
            return False
        await asyncio.sleep(POLL_SECONDS)


def _opened(folder: Path, instance_id: str) -> int:
    # Each holder opens the file for itself: the kernel's lock belongs to what was opened, and not to the process.
    # To make a file for each instance takes longer than all else that is done before its first step.
    path, flags = folder / ("instances" if sys.platform == "linux" else instance_id), os.O_CREAT | os.O_RDWR
    try:
        return os.open(path, flags, 0o600)
    except FileNotFoundError:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.open(path, flags, 0o600)


def _lock(descriptor: int, instance_id: str) -> None:
    """Lock an instance's byte of the file that all share, or a file of its own; raises BlockingIOError.

    Source: fcntl_locking(2), "Open file description locks".
    """
    if sys.platform == "linux":
        start = uuid.UUID(instance_id).int % 2**62
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, start, 1, 0))
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
