"""Witnessing: whether a checkpoint follows from the last one that a witness cosigned (C2SP tlog-witness)."""

from collections.abc import Mapping, Sequence
from typing import Final

from astrolabe.domain.audit.add_checkpoint import AddCheckpoint
from astrolabe.domain.audit.checkpoint import Checkpoint, open_checkpoint, read_checkpoint
from astrolabe.domain.audit.merkle import EMPTY, verify_consistency
from astrolabe.domain.audit.note import NoteError, PublicKey, parse_note

MALFORMED: Final = 400
UNKNOWN_KEY: Final = 403
UNKNOWN_LOG: Final = 404
OTHER_SIZE: Final = 409
"""The old size is not that of the last checkpoint cosigned; also where two trees of one size differ."""
UNPROVEN: Final = 422

Logs = Mapping[str, Sequence[PublicKey]]
"""The keys of each log that is known, by the log's origin."""


class NotCosigned(Exception):  # noqa: N818  an answer, not a fault
    """A checkpoint is not cosigned: the status that says so, why, and the size that was cosigned last for a 409."""

    def __init__(self, status: int, why: str, *, size: int | None = None, forked: bool = False) -> None:
        super().__init__(why)
        self.status: int = status
        self.size: int | None = size
        self.forked: bool = forked
        """Whether a known log signed two trees of one size: anybody may send a wrong proof, but nobody else signs."""


def authentic(asked: AddCheckpoint, logs: Logs) -> Checkpoint:
    """Return the checkpoint that a known log signed; raises NotCosigned."""
    try:
        stated = read_checkpoint(parse_note(asked.note))
    except NoteError as error:
        raise NotCosigned(MALFORMED, str(error)) from None
    if stated.origin not in logs:
        raise NotCosigned(UNKNOWN_LOG, f"the log {stated.origin} is not one that is witnessed here")
    try:
        checkpoint = open_checkpoint(asked.note, logs[stated.origin]).checkpoint
    except NoteError as error:
        raise NotCosigned(UNKNOWN_KEY, str(error)) from None
    if asked.old > checkpoint.size:
        raise NotCosigned(MALFORMED, f"the old size {asked.old} is beyond the checkpoint's {checkpoint.size}")
    return checkpoint


def check_follows(asked: AddCheckpoint, new: Checkpoint, last: Checkpoint | None) -> None:
    """Check that a checkpoint follows from the last one cosigned; raises NotCosigned where it does not."""
    size, root = (last.size, last.root) if last else (0, EMPTY)
    if asked.old != size:
        raise NotCosigned(OTHER_SIZE, f"the last checkpoint cosigned is of size {size}", size=size)
    if new.size == size and new.root != root:
        raise NotCosigned(OTHER_SIZE, f"two trees of size {size} differ", size=size, forked=True)
    if size in {0, new.size}:
        if asked.proof:
            raise NotCosigned(UNPROVEN, f"nothing is to be proven from size {size} to {new.size}")
    elif not verify_consistency(size, new.size, asked.proof, root, new.root):
        raise NotCosigned(UNPROVEN, f"the tree of size {new.size} is not proven to grow from {size}")
