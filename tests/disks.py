"""Disks that fill up."""

import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

from astrolabe.workers.programs import shell
from astrolabe.workers.programs.environment import inherited
from tests.lacking import lacks


@contextlib.asynccontextmanager
async def small_disk(folder: Path, megabytes: int = 24) -> AsyncIterator[Path]:
    """Make a folder a disk of its own."""
    if os.geteuid() != 0:
        lacks("only root can make a disk that fills up")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        options = ("-o", f"size={megabytes}m")
        await shell.run(["mount", "-t", "tmpfs", *options, "tmpfs", str(folder)], env=inherited(), deadline=10)
    except shell.CommandProblem as error:
        lacks(f"this machine lets nobody mount a disk: {error}")
    try:
        yield folder
    finally:
        await shell.run(["umount", str(folder)], env=inherited(), deadline=10)
