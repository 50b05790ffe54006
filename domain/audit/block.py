"""A block: lines of an export, checked by whoever does not know what stands before them.

What is left to check of a block that holds in itself is little: that it goes on where the lines before it ended, and so
does each of its streams. So blocks can be checked beside one another, and joined one after another.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from msgspec import Struct
from typing_extensions import override

from astrolabe.domain.audit.checkpoint_line import CHECKPOINT
from astrolabe.domain.audit.leaf import Head, Line
from astrolabe.domain.audit.leaves import Leaves, Published, StreamPart, nothing_published, position_of
from astrolabe.domain.audit.merkle import complete_subtrees
from astrolabe.domain.audit.verification_failed import VerificationFailed

LONGEST_LINE = 1_000_000
"""How long a line of an export may be, with its end."""


class LeafRun(Struct, frozen=True):
    """Leaves without a checkpoint between them: the roots of the complete subtrees that they are, with their levels."""

    first: int
    end: int
    roots: Sequence[tuple[int, bytes]]


Part: TypeAlias = LeafRun | bytes
"""Leaves, or the line of a checkpoint, of which nothing was checked."""


class Block(Struct, frozen=True):
    """What is left to check of lines that hold in themselves."""

    parts: Sequence[Part]
    streams: Mapping[str, StreamPart]

    @property
    def leaves(self) -> range:
        """The positions of its leaves."""
        runs = [part for part in self.parts if isinstance(part, LeafRun)]
        return range(runs[0].first, runs[-1].end) if runs else range(0)


def block_of(lines: bytes, published: Published = nothing_published) -> Block | None:
    """Return what is left to check of whole lines; None where one does not hold, or whatever keeps them from it."""
    try:
        return _BlockReader(published).read(lines)
    except (VerificationFailed, OSError):
        # Whoever takes them one by one finds out what it is, and where.
        return None


class _BlockReader:
    """Lines as they are read, up to the next checkpoint."""

    def __init__(self, published: Published) -> None:
        self._leaves: _LooseLeaves = _LooseLeaves(published)
        self._parts: list[Part] = []
        self._first: int | None = None
        self._hashes: list[bytes] = []

    def read(self, lines: bytes) -> Block | None:
        *whole, rest = lines.split(b"\n")
        if rest:
            return None
        for line in whole:
            if len(line) >= LONGEST_LINE:
                return None
            if line.startswith(CHECKPOINT):
                self._end_run()
                self._parts.append(line)
            else:
                self._take(line)
        self._end_run()
        return Block(self._parts, self._leaves.parts())

    def _take(self, line: bytes) -> None:
        if self._first is None:
            self._first = position_of(line)
        self._hashes.append(self._leaves.take(self._first + len(self._hashes), line))

    def _end_run(self) -> None:
        if self._first is not None and self._hashes:
            end = self._first + len(self._hashes)
            self._parts.append(LeafRun(self._first, end, complete_subtrees(self._first, self._hashes)))
            self._first, self._hashes = end, []


class _LooseLeaves(Leaves):
    """Leaves of which the first one of each stream is believed what it says of its chain."""

    def __init__(self, published: Published) -> None:
        super().__init__(published)
        self._begun: dict[str, tuple[int, bytes, bytes]] = {}

    def parts(self) -> dict[str, StreamPart]:
        return {stream: StreamPart(*begun, self.heads[stream]) for stream, begun in self._begun.items()}

    @override
    def _chain(self, read: Line, head: Head, rest: bytes) -> bytes:
        if head.stream in self._begun:
            return super()._chain(read, head, rest)
        try:
            claimed = bytes.fromhex(read.chain)
        except ValueError:
            raise VerificationFailed(read.position, "the chain is not that of an event") from None
        self._begun[head.stream] = head.version, rest, claimed
        return claimed
