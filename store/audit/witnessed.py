"""What a witness has cosigned: for each log the last checkpoint as a file, there before anybody is answered."""

import fcntl
import os
from hashlib import sha256
from pathlib import Path
from typing import Self

from astrolabe.domain.audit.checkpoint import Checkpoint, read_checkpoint
from astrolabe.domain.audit.note import NoteError, parse_note
from astrolabe.store.errors import StoreError
from astrolabe.store.whole_file import write

MOST_FORKS = 16
"""How many contradicting checkpoints of one log are kept; the first ones say enough."""


class Witnessed:
    """A folder that one process at a time may have; a file in it is whole, or the one before is still there."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; raises StoreError where another process has it, or it cannot be used."""
        self._folder: Path = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock: int = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(f"{folder} cannot be used: {error.strerror}.") from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            # Two that each know half of what was cosigned would cosign what neither may.
            raise StoreError(f"Another witness has {folder}; one folder is one witness's.") from None

    def close(self) -> None:
        """Leave the folder to others."""
        os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def last(self, log: str) -> str | None:
        """Return the last checkpoint of a log as it was cosigned, by the log's id; None before the first."""
        try:
            return (self._folder / f"{log}.checkpoint").read_text("utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(f"{self._folder}: the last checkpoint cannot be read: {error}.") from None

    def last_checkpoint(self, origin: str) -> Checkpoint | None:
        """Return what a log's last checkpoint says; raises StoreError where it is damaged, which is not none."""
        note = self.last(log_id(origin))
        try:
            return read_checkpoint(parse_note(note)) if note is not None else None
        except NoteError as error:
            raise StoreError(f"{self._folder}: the last checkpoint of {origin} is damaged: {error}.") from None

    def keep(self, origin: str, note: str) -> None:
        """Keep a log's checkpoint as the last one, through to the disk."""
        write(self._folder / f"{log_id(origin)}.checkpoint", note.encode(), lasting=True)

    def keep_fork(self, origin: str, note: str) -> None:
        """Keep a checkpoint that contradicts the last one beside it."""
        found = list(self._folder.glob(f"{log_id(origin)}.fork-*"))
        if len(found) < MOST_FORKS:
            digest = sha256(note.encode()).hexdigest()[:16]
            write(self._folder / f"{log_id(origin)}.fork-{digest}", note.encode(), lasting=True)


def log_id(origin: str) -> str:
    """Return what a log's files are named by: the SHA-256 of its origin, in hexadecimal."""
    return sha256(origin.encode()).hexdigest()
