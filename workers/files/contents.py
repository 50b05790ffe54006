"""Contents: what files hold, each kept once under its SHA-256."""

import contextlib
import ctypes
import errno
import fcntl
import hashlib
import os
from collections.abc import Collection
from pathlib import Path
from secrets import token_hex
from typing import Final

CLONE: Final = 0x40049409
"""FICLONE of linux/fs.h: both files share their blocks until one is written to."""

PIECE: Final = 1 << 20


class Contents:
    """A folder of contents, which are never changed once they are there."""

    def __init__(self, folder: Path) -> None:
        self._folder: Path = folder

    def where(self, sha256: str) -> Path:
        """Return the file that a content is in."""
        return self._folder / sha256[:2] / sha256

    def keep(self, source: int) -> str:
        """Copy what an open file holds, and return its SHA-256."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = self._folder / f".{token_hex(8)}.part"
        try:
            beside.touch(0o600, exist_ok=False)
            with beside.open("r+b", buffering=0) as file:
                copy_content(source, file.fileno())
                file.seek(0)
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            place = self.where(sha256)
            place.parent.mkdir(exist_ok=True, mode=0o700)
            if not place.exists():
                beside.replace(place)
        finally:
            beside.unlink(missing_ok=True)
        return sha256

    def forget_all_but(self, needed: Collection[str]) -> None:
        """Delete every content that nothing needs, and what a copy left behind that died."""
        for file in self._folder.glob(".*.part"):
            file.unlink(missing_ok=True)
        for file in self._folder.glob("??/*"):
            if file.name not in needed:
                file.unlink(missing_ok=True)

    def flush(self) -> None:
        """Make everything outlast a power cut."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        flush(self._folder)


def copy_content(source: int, target: int) -> None:
    """Copy a file's content into an empty one: by sharing its blocks where that can be, and with its holes."""
    with contextlib.suppress(OSError):
        fcntl.ioctl(target, CLONE, source)
        return
    end, at = os.fstat(source).st_size, 0
    while at < end and (data := _next_data(source, at)) is not None:
        at = os.lseek(source, data, os.SEEK_HOLE)
        _copy_range(source, target, data, at)
    os.ftruncate(target, end)


def _next_data(source: int, at: int) -> int | None:
    try:
        return os.lseek(source, at, os.SEEK_DATA)
    except OSError as error:
        if error.errno == errno.ENXIO:  # nothing but a hole to the end
            return None
        raise


def _copy_range(source: int, target: int, start: int, end: int) -> None:
    os.lseek(source, start, os.SEEK_SET)
    os.lseek(target, start, os.SEEK_SET)
    left = end - start
    while left and (piece := os.read(source, min(PIECE, left))):
        left -= len(piece)
        rest = memoryview(piece)
        while rest:
            rest = rest[os.write(target, rest) :]


def flush(folder: Path) -> None:
    """Write a folder's file system through to its disk; what is written to a mapped file later is seen by its time."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        sync = getattr(ctypes.CDLL(None), "syncfs", None)
        if sync is None or sync(descriptor) != 0:
            os.sync()
    finally:
        os.close(descriptor)
