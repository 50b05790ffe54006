"""The record: what was acknowledged to a writer, kept by nobody but ourselves."""

import os
from pathlib import Path
from typing import Final, Self


class Record:
    """An append-only file with one line for each acknowledged write; a line outlives whoever wrote it."""

    def __init__(self, path: Path) -> None:
        self.path: Final = path
        self._file: Final = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def keep(self, name: str) -> None:
        """Note a write that was acknowledged."""
        # One call a line, past every buffer of ours: half a line cannot be, and a killed writer loses none.
        os.write(self._file, f"{name}\n".encode())


def names(path: Path) -> list[str]:
    """Read what was acknowledged; nothing where nobody wrote."""
    return path.read_text().splitlines() if path.exists() else []
