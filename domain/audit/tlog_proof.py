"""Proof bundles: one event, its inclusion proof and the checkpoint, as one text (C2SP tlog-proof)."""

import base64
import re
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from astrolabe.domain.audit.checkpoint import Proven, open_checkpoint
from astrolabe.domain.audit.merkle import SIZE, leaf_hash, verify_inclusion
from astrolabe.domain.audit.note import NoteError, PublicKey, decoded

FIRST_LINE: Final = "c2sp.org/tlog-proof@v1"
MOST_HASHES: Final = 64
LARGEST_BUNDLE: Final = 1 << 20
"""In bytes: an event is at most 64 KiB, and a note is shorter."""

_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")
_EXTRA = "extra "


class TlogProof(Struct, frozen=True):
    """A leaf, its index, its proof, and the signed checkpoint; nothing is known to be true of it yet."""

    leaf: bytes
    index: int
    proof: tuple[bytes, ...]
    note: str

    @property
    def text(self) -> str:
        """The bundle; the leaf is its extra data, which the proof is about and so proves."""
        hashes = [base64.b64encode(each).decode() for each in self.proof]
        extra = f"{_EXTRA}{base64.b64encode(self.leaf).decode()}"
        return "\n".join([FIRST_LINE, extra, f"index {self.index}", *hashes, "", self.note])

    def open(self, keys: Sequence[PublicKey]) -> Proven:
        """Return the checkpoint that proves the leaf; raises NoteError where it does not."""
        proven = open_checkpoint(self.note, keys)
        size, root = proven.checkpoint.size, proven.checkpoint.root
        if not verify_inclusion(leaf_hash(self.leaf), self.index, size, self.proof, root):
            raise NoteError("the event is not in the signed tree")
        return proven


def parse_tlog_proof(text: str) -> TlogProof:
    """Read a bundle whose extra data is a leaf; raises NoteError where it is none."""
    head, blank, note = text.partition("\n\n")
    lines = head.split("\n")
    if not blank or lines[0] != FIRST_LINE or len(lines) < len((FIRST_LINE, _EXTRA, "index")):
        raise NoteError("not a proof bundle with an event in it")
    index, proof = _INDEX.fullmatch(lines[2]), tuple(map(decoded, lines[3:]))
    leaf = decoded(lines[1].removeprefix(_EXTRA))
    if not lines[1].startswith(_EXTRA) or not leaf or index is None:
        raise NoteError("not a proof bundle with an event in it: after the first line, extra data and index follow")
    if len(proof) > MOST_HASHES or any(len(each) != SIZE for each in proof):
        raise NoteError("not a proof bundle: a line of its proof is no SHA-256")
    return TlogProof(leaf, int(index[1]), proof, note)
