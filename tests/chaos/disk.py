"""Disks of choice: a folder on a file system of its own that fills up, where this user may make one."""

import contextlib
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.disks import small_disk

MEGABYTES: Final = 900
FILLING: Final = "filling"
CHUNK: Final = b"\0" * (1 << 20)


class Disk:
    """A folder that can be filled to the last byte, where it is a disk of its own."""

    def __init__(self, folder: Path, *, small: bool) -> None:
        self.folder: Final = folder
        self.small: Final = small

    @classmethod
    @asynccontextmanager
    async def mounted(cls, folder: Path) -> "AsyncGenerator[Disk]":
        """Make a folder a disk of its own; where that may not be, it stays as it is."""
        folder.mkdir()
        async with contextlib.AsyncExitStack() as stack:
            try:
                await stack.enter_async_context(small_disk(folder, MEGABYTES))
            except pytest.skip.Exception:
                yield cls(folder, small=False)
                return
            folder.chmod(0o711)
            yield cls(folder, small=True)

    def fill(self) -> None:
        """Leave no room."""
        if not self.small:
            return
        with (self.folder / FILLING).open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(CHUNK)

    def free(self) -> None:
        """Make room again."""
        (self.folder / FILLING).unlink(missing_ok=True)

    @property
    def room(self) -> int:
        """How many bytes are free."""
        return shutil.disk_usage(self.folder).free
