"""What a log asks of a witness (C2SP tlog-witness): the size it saw last, the proof of what grew since, and a note."""

import base64
import re

from msgspec import Struct

from astrolabe.domain.audit.merkle import SIZE
from astrolabe.domain.audit.note import NoteError, decoded

MOST_HASHES = 63
LARGEST_REQUEST = 1 << 16
"""In bytes: the longest proof, and a note with many signatures."""

_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")


class AddCheckpoint(Struct, frozen=True):
    """A checkpoint as it was signed, the size of the one before that the witness knows, and a proof between the two."""

    old: int
    proof: tuple[bytes, ...]
    note: str

    @property
    def body(self) -> bytes:
        """What is sent."""
        lines = [f"old {self.old}", *(base64.b64encode(each).decode() for each in self.proof), "", self.note]
        return "\n".join(lines).encode()


def parse_add_checkpoint(body: bytes) -> AddCheckpoint:
    """Read what a log asks; raises NoteError where it is malformed."""
    try:
        head, blank, note = body.decode().partition("\n\n")
    except UnicodeDecodeError:
        raise NoteError("the request is not UTF-8") from None
    first, *lines = head.split("\n")
    old = _OLD.fullmatch(first)
    proof = tuple(map(decoded, lines))
    if old is None or not blank:
        raise NoteError("the request must begin with `old` and a size, and have an empty line before the checkpoint")
    if len(proof) > MOST_HASHES or any(len(each) != SIZE for each in proof):
        raise NoteError(f"a proof is at most {MOST_HASHES} lines, each a SHA-256 in base64")
    return AddCheckpoint(int(old[1]), proof, note)
