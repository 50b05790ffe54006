"""Files that are there whole or not at all."""

import contextlib
import os
from collections.abc import Generator
from pathlib import Path
from typing import Final

NOBODY_ELSE: Final = (-1, -1)
"""The owner of a file that stays ours."""


def write(
    path: Path,
    content: bytes,
    *,
    lasting: bool = False,
    private: bool = False,
    public: bool = False,
    owner: tuple[int, int] = NOBODY_ELSE,
) -> None:
    """Put a file in its place.

    `lasting` also through to the disk, `private` for its owner alone to read, `public` for everybody, whatever the
    umask; `owner` is a user's id and a group's.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path, private=private) as beside, beside.open("r+b") as file:
        os.fchown(file.fileno(), *owner)
        if public:
            os.fchmod(file.fileno(), 0o644)
        file.write(content)
        if lasting:
            file.flush()
            os.fsync(file.fileno())
    if lasting:
        _sync_folder(path.parent)


@contextlib.contextmanager
def replacing(path: Path, *, private: bool = False) -> Generator[Path]:
    """Yield an empty file beside `path` that takes its place at the end, and is gone where that is not reached."""
    beside = path.with_name(f".{path.name}.part")
    beside.unlink(missing_ok=True)  # of a writer that died: its owner and mode may be others
    beside.touch(0o600 if private else 0o666, exist_ok=False)
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some file systems of a network cannot
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
