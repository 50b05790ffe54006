"""The line of an export that holds a checkpoint, which stands behind the leaves that it is over."""

import msgspec
from msgspec import Struct

CHECKPOINT = b'{"checkpoint":'
"""How a line that holds a checkpoint begins; a leaf's line begins otherwise."""


class _Signed(Struct, frozen=True, forbid_unknown_fields=True):
    checkpoint: str


_signed = msgspec.json.Decoder(_Signed)


def checkpoint_line(note: str) -> bytes:
    """Return the line of an export that holds a checkpoint."""
    return msgspec.json.encode(_Signed(note))


def note_of(line: bytes) -> str:
    """Return the checkpoint that a line holds; raises one of `UNREADABLE` where it is no such line."""
    return _signed.decode(line).checkpoint
