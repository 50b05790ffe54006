"""Verification: checks an export with nothing but its lines, public keys and an older checkpoint."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import msgspec
from msgspec import Struct

from astrolabe.domain.audit.checkpoint import Checkpoint, Proven, open_checkpoint
from astrolabe.domain.audit.leaf import NO_CHAIN, UNREADABLE, Line, body, chain_of, head_of, leaf_of
from astrolabe.domain.audit.merkle import Frontier, leaf_hash
from astrolabe.domain.audit.note import NoteError, PublicKey, SignedNote, UnknownKey, parse_note
from astrolabe.domain.audit.witness_policy import NO_WITNESSES, WitnessPolicy

CHECKPOINT = b'{"checkpoint":'
"""How a line that holds a checkpoint begins; a leaf's line begins otherwise."""


class VerificationFailed(Exception):  # noqa: N818  a finding, not a fault
    """The export does not hold: from this position on, or from one up to `last` where it cannot be narrowed down."""

    def __init__(self, position: int, why: str, last: int | None = None) -> None:
        super().__init__(why)
        self.position: int = position
        self.last: int = position if last is None else last
        self.why: str = why


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


class _Signed(Struct, frozen=True, forbid_unknown_fields=True):
    checkpoint: str


_lines = msgspec.json.Decoder(Line)
_signed = msgspec.json.Decoder(_Signed)


def checkpoint_line(note: str) -> bytes:
    """Return the line of an export that holds a checkpoint."""
    return msgspec.json.encode(_Signed(note))


class Verification:
    """Takes an export line by line; it keeps the tree's frontier and one chain for each stream, and nothing else."""

    def __init__(
        self,
        keys: Sequence[PublicKey],
        since: Sequence[KeptCheckpoint] = (),
        published: Callable[[int], bytes | None] = lambda _: None,
        policy: WitnessPolicy = NO_WITNESSES,
    ) -> None:
        self._keys: Sequence[PublicKey] = keys
        self._since: Mapping[int, Sequence[KeptCheckpoint]] = _by_size(since)
        self._policy: WitnessPolicy = policy
        self._last: SignedNote | None = None
        self._seen_size: int = 0
        self._published: Callable[[int], bytes | None] = published
        self._tree: Frontier = Frontier()
        self._heads: dict[str, tuple[int, bytes]] = {}
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
        return VerifiedExport(self._proven, len(self._heads), self._checkpoints, self._seen())

    def _seen(self) -> Mapping[str, int]:
        assert self._last  # noqa: S101  there is one where a checkpoint was proven
        try:
            return self._policy.require(self._last)
        except NoteError as error:
            raise VerificationFailed(
                self._seen_size, f"the last checkpoint is {error}", max(self._seen_size, self.size - 1)
            ) from None

    def _take_leaf(self, line: bytes) -> None:
        position = self._tree.size
        try:
            read = _lines.decode(line)
        except UNREADABLE as error:
            raise VerificationFailed(position, f"the line is not that of an event ({error})") from None
        if read.position != position:
            raise VerificationFailed(position, f"the event is missing; position {read.position} stands in its place")
        self._chain(position, read, line)
        hashed = leaf_hash(line)
        if self._published(position) not in {None, hashed}:
            raise VerificationFailed(position, "the event is not the one that was published")
        self._tree.append(hashed)
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

    def _chain(self, position: int, read: Line, line: bytes) -> None:
        head = head_of(bytes(read.entry))
        if head is None:
            raise VerificationFailed(position, "the entry is not that of an event")
        version, before = self._heads.get(head.stream, (0, NO_CHAIN))
        if head.version != version + 1:
            raise VerificationFailed(
                position, f"version {version + 1} of stream {head.stream} is missing before {head.version}"
            )
        rest = body(bytes(read.entry), position, read.recorded_at)
        chain = chain_of(before, rest)
        if leaf_of(chain, rest) != line:
            raise VerificationFailed(position, "the event is not the one that its chain of hashes was made of")
        self._heads[head.stream] = (head.version, chain)

    def _take_checkpoint(self, line: bytes) -> None:
        last = max(self._safe, self.size - 1)
        try:
            text = _signed.decode(line).checkpoint
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
