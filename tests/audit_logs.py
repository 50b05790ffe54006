"""Logs made up for tests of witnesses: histories of leaves that may branch, with true proofs within each."""

from collections.abc import Sequence

from msgspec import Struct

from astrolabe.domain.audit.add_checkpoint import AddCheckpoint
from astrolabe.domain.audit.checkpoint import Checkpoint, sign_checkpoint
from astrolabe.domain.audit.merkle import consistency, leaf_hash, prove, root_of
from astrolabe.domain.audit.note import PrivateKey

LOG_KEY = PrivateKey("astrolabe-test", bytes(range(32)))
WITNESS_KEYS = [PrivateKey(f"witness-{nth}", bytes([nth]) * 32) for nth in range(1, 4)]


class History(Struct, frozen=True):
    """The leaves of a log, oldest first."""

    leaves: tuple[bytes, ...]

    def checkpoint(self, size: int) -> Checkpoint:
        """What the log says at a size."""
        return Checkpoint(LOG_KEY.name, size, root_of(map(leaf_hash, self.leaves[:size])))

    def note(self, size: int, *keys: PrivateKey) -> str:
        """The checkpoint of a size, signed."""
        return sign_checkpoint(self.checkpoint(size), keys or [LOG_KEY], 1_700_000_000)

    def proof(self, old: int, size: int) -> tuple[bytes, ...]:
        """The true proof that the tree grew from one size to another within this history."""
        hashes = list(map(leaf_hash, self.leaves))

        def node(at: tuple[int, int]) -> bytes:
            return root_of(hashes[at[1] << at[0] : (at[1] + 1) << at[0]])

        return tuple(prove(consistency(old, size), node)) if 0 < old <= size else ()

    def ask(self, old: int, size: int) -> bytes:
        """A request to cosign, with its true proof."""
        return AddCheckpoint(old, self.proof(old, size), self.note(size)).body


def history(words: Sequence[str]) -> History:
    """A history of these entries."""
    return History(tuple(word.encode() for word in words))


LONG = history([f"entry {nth}" for nth in range(70)])
FORKED = history([*(f"entry {nth}" for nth in range(20)), *(f"another {nth}" for nth in range(50))])
"""Another history that begins as the first does."""
