"""Verification: checks an export with nothing but its lines, public keys and an older checkpoint."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from msgspec import Struct

from astrolabe.domain.audit.block import Block, LeafRun
from astrolabe.domain.audit.checkpoint import Checkpoint, Proven, open_checkpoint
from astrolabe.domain.audit.checkpoint_line import CHECKPOINT, note_of
from astrolabe.domain.audit.leaf import UNREADABLE
from astrolabe.domain.audit.leaves import Leaves, Published, nothing_published
from astrolabe.domain.audit.merkle import Frontier
from astrolabe.domain.audit.note import NoteError, PublicKey, SignedNote, UnknownKey, parse_note
from astrolabe.domain.audit.verification_failed import VerificationFailed
from astrolabe.domain.audit.witness_policy import NO_WITNESSES, WitnessPolicy


class VerifiedExport(Struct, frozen=True):
    """What was found to hold: the last checkpoint, how many streams and checkpoints there were."""

    proven: Proven
    streams: int
    checkpoints: int
    seen: Mapping[str, int] = {}
    """When each witness of the policy cosigned the last checkpoint, in seconds since 1970."""


class KeptCheckpoint(Struct, frozen=True):
    """A checkpoint that an auditor kept, and which witnesses cosigned it."""

    checkpoint: Checkpoint
    seen: Mapping[str, int] = {}

    @property
    def witnesses(self) -> str:
        """Those who cosigned it, as a part of a sentence; empty where nobody did who is known."""
        return f", cosigned by {', '.join(sorted(self.seen))}" if self.seen else ""


class Verification:
    """Takes an export line by line; it keeps the tree's frontier and one chain for each stream, and nothing else."""

    def __init__(
        self,
        keys: Sequence[PublicKey],
        since: Sequence[KeptCheckpoint] = (),
        published: Published = nothing_published,
        policy: WitnessPolicy = NO_WITNESSES,
    ) -> None:
        self._keys: Sequence[PublicKey] = keys
        self._since: Mapping[int, Sequence[KeptCheckpoint]] = _by_size(since)
        self._policy: WitnessPolicy = policy
        self._last: SignedNote | None = None
        self._seen_size: int = 0
        self._leaves: Leaves = Leaves(published)
        self._tree: Frontier = Frontier()
        self._proven: Proven | None = None
        self._checkpoints: int = 0

    @property
    def size(self) -> int:
        """How many leaves were taken."""
        return self._tree.size

    @property
    def _safe(self) -> int:
        return self._proven.checkpoint.size if self._proven else 0

    def take(self, line: bytes) -> None:
        """Take the next line, without its end; raises VerificationFailed where it does not hold."""
        if line.startswith(CHECKPOINT):
            self._take_checkpoint(line)
        else:
            self._take_leaf(line)

    def join(self, block: Block) -> bool:
        """Take lines that hold in themselves; return False where they are to be taken one by one, and none was taken.

        Raises VerificationFailed where a checkpoint among them does not hold.
        """
        leaves = block.leaves
        if leaves and (leaves.start != self.size or any(size - 1 in leaves for size in self._since)):
            return False
        if not self._leaves.join(block.streams):
            return False
        for part in block.parts:
            if isinstance(part, LeafRun):
                for level, root in part.roots:
                    self._tree.append(root, level)
            else:
                self._take_checkpoint(part)
        return True

    def end(self) -> VerifiedExport:
        """Say what holds, once all lines were taken; raises VerificationFailed where something is missing."""
        if (longest := max(self._since, default=0)) > self.size:
            (kept, *_) = self._since[longest]
            raise VerificationFailed(
                self.size, f"the log had {longest} entries before{kept.witnesses}, and ends here now"
            )
        if self._proven is None or self._safe < self.size:
            raise VerificationFailed(
                self._safe, "no checkpoint signed by a key given stands over it", max(self._safe, self.size - 1)
            )
        return VerifiedExport(self._proven, len(self._leaves.heads), self._checkpoints, self._seen())

    def _seen(self) -> Mapping[str, int]:
        assert self._last  # noqa: S101  there is one where a checkpoint was proven
        try:
            return self._policy.require(self._last)
        except NoteError as error:
            raise VerificationFailed(
                self._seen_size, f"the last checkpoint is {error}", max(self._seen_size, self.size - 1)
            ) from None

    def _take_leaf(self, line: bytes) -> None:
        self._tree.append(self._leaves.take(self._tree.size, line))
        self._compare(self._tree.size)

    def _compare(self, size: int) -> None:
        """Compare the tree with what was kept of its size."""
        for kept in self._since.get(size, ()):
            if kept.checkpoint.root != self._tree.root():
                raise VerificationFailed(
                    0,
                    f"FORK: the older checkpoint over {size} entries{kept.witnesses} stands over other events",
                    size - 1,
                )

    def _take_checkpoint(self, line: bytes) -> None:
        last = max(self._safe, self.size - 1)
        try:
            text = note_of(line)
            proven = open_checkpoint(text, self._keys)
            note = parse_note(text)
            seen = self._policy.seen_by(note)
        except UnknownKey:
            # After a rotation the older ones are another key's; what counts is that one of ours stands over the end.
            return
        except (*UNREADABLE, NoteError) as error:
            raise VerificationFailed(self._safe, f"the checkpoint over it does not hold: {error}", last) from None
        if proven.checkpoint.size != self.size:
            raise VerificationFailed(
                min(self.size, proven.checkpoint.size),
                f"a checkpoint over {proven.checkpoint.size} entries stands behind {self.size}",
            )
        if proven.checkpoint.root != self._tree.root():
            raise VerificationFailed(self._safe, "the signed checkpoint stands over other events", last)
        self._proven, self._last = proven, note
        if self._policy.suffices(seen):
            self._seen_size = self.size
        self._checkpoints += 1


def _by_size(kept: Sequence[KeptCheckpoint]) -> Mapping[int, Sequence[KeptCheckpoint]]:
    found: dict[int, list[KeptCheckpoint]] = defaultdict(list)
    for each in kept:
        found[each.checkpoint.size].append(each)
    return found
