"""Checkpoints: the log's origin, size and root, signed (C2SP tlog-checkpoint)."""

import base64
import binascii
import re
from collections.abc import Sequence

from msgspec import Struct

from astrolabe.domain.audit.merkle import SIZE
from astrolabe.domain.audit.note import (
    NoteError,
    PrivateKey,
    PublicKey,
    SignedNote,
    UnknownKey,
    is_name,
    parse_note,
    write_note,
)

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_LINES = 3


class Checkpoint(Struct, frozen=True):
    """What a log commits to: everything up to a size has this root."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def sign_checkpoint(checkpoint: Checkpoint, keys: Sequence[PrivateKey], seconds: int) -> str:
    """Sign a checkpoint with every key, and let each state the time, in seconds since 1970."""
    text = checkpoint.text
    signatures = [key.sign(text) for key in keys] + [key.state_time(text, seconds) for key in keys]
    return write_note(text, signatures)


def read_checkpoint(note: SignedNote) -> Checkpoint:
    """Read a checkpoint without checking its signatures; raises NoteError where the note is none."""
    lines = note.text.split("\n")
    if len(lines) <= _LINES or not is_name(lines[0]) or not _SIZE.fullmatch(lines[1]):
        raise NoteError("not a checkpoint: its lines are the log's name, its size and its root")
    try:
        root = base64.b64decode(lines[2], validate=True)
    except (binascii.Error, ValueError):
        root = b""
    if len(root) != SIZE or base64.b64encode(root).decode() != lines[2]:
        raise NoteError("not a checkpoint: its third line is no SHA-256")
    return Checkpoint(lines[0], int(lines[1]), root)


class Proven(Struct, frozen=True):
    """A checkpoint that a key we were given has signed, and the time it states, in seconds since 1970."""

    checkpoint: Checkpoint
    time: int | None


def open_checkpoint(text: str, keys: Sequence[PublicKey]) -> Proven:
    """Read a checkpoint and check it with the keys given; raises UnknownKey where none of them signed it."""
    note = parse_note(text)
    checkpoint = read_checkpoint(note)
    mine = [key for key in keys if key.name == checkpoint.origin and key.verifies(note)]
    if not mine:
        raise UnknownKey(f"no key given has signed this checkpoint of {checkpoint.origin}")
    times = [time for time in (key.stated_time(note) for key in mine) if time is not None]
    return Proven(checkpoint, max(times, default=None))
