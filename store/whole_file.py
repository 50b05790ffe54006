"""Files that are there whole or not at all."""

import contextlib
import os
from pathlib import Path


def write(path: Path, content: bytes, *, lasting: bool = False, private: bool = False) -> None:
    """Put a file in its place; `lasting` also through to the disk, `private` for nobody else to read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    with open(beside, "wb", opener=lambda name, flags: os.open(name, flags, 0o600 if private else 0o666)) as file:
        file.write(content)
        if lasting:
            file.flush()
            os.fsync(file.fileno())
    beside.replace(path)
    if lasting:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            with contextlib.suppress(OSError):  # some file systems of a network cannot
                os.fsync(folder)
        finally:
            os.close(folder)
