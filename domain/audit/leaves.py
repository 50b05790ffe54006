"""Leaves: the events of an export, each held against the one before it in its stream."""

from collections.abc import Callable, Mapping

import msgspec
from msgspec import Struct

from astrolabe.domain.audit.leaf import NO_CHAIN, UNREADABLE, Head, Line, body, chain_of, head_of, leaf_of
from astrolabe.domain.audit.merkle import leaf_hash
from astrolabe.domain.audit.verification_failed import VerificationFailed

_lines = msgspec.json.Decoder(Line)

Published = Callable[[int], bytes | None]
"""The leaf hash that was published for a position; None where none was kept."""


def nothing_published(_: int) -> None:
    """Return that none was kept."""


class StreamHead(Struct, frozen=True):
    """How far a stream was taken: its last version, and the chain of hashes up to there."""

    version: int
    chain: bytes


NO_EVENT = StreamHead(0, NO_CHAIN)
"""Before a stream's first event."""


class StreamPart(Struct, frozen=True):
    """Events of one stream behind each other: the body of the first, the chain that it claims, and where they end."""

    version: int
    body: bytes
    chain: bytes
    head: StreamHead

    def follows(self, before: StreamHead) -> bool:
        """Return whether these are the events after what was taken of the stream."""
        return self.version == before.version + 1 and self.chain == chain_of(before.chain, self.body)


def position_of(line: bytes) -> int:
    """Return the position that a line says it has; -1 where it is not the line of an event."""
    try:
        return _lines.decode(line).position
    except UNREADABLE:
        return -1


class Leaves:
    """Takes leaves in order of position; it keeps the head of each stream, and nothing else."""

    def __init__(self, published: Published = nothing_published) -> None:
        self._published: Published = published
        self.heads: dict[str, StreamHead] = {}

    def take(self, position: int, line: bytes) -> bytes:
        """Take the line that should be a position's, and return its hash; raises VerificationFailed."""
        try:
            read = _lines.decode(line)
        except UNREADABLE as error:
            raise VerificationFailed(position, f"the line is not that of an event ({error})") from None
        if read.position != position:
            raise VerificationFailed(position, f"the event is missing; position {read.position} stands in its place")
        self._follow(read, line)
        hashed = leaf_hash(line)
        published = self._published(position)
        if published is not None and published != hashed:
            raise VerificationFailed(position, "the event is not the one that was published")
        return hashed

    def join(self, parts: Mapping[str, StreamPart]) -> bool:
        """Take the next events of streams; return False where one does not follow, and none was taken."""
        if not all(part.follows(self.heads.get(stream, NO_EVENT)) for stream, part in parts.items()):
            return False
        self.heads.update((stream, part.head) for stream, part in parts.items())
        return True

    def _follow(self, read: Line, line: bytes) -> None:
        entry = bytes(read.entry)
        head = head_of(entry)
        if head is None:
            raise VerificationFailed(read.position, "the entry is not that of an event")
        rest = body(entry, read.position, read.recorded_at)
        chain = self._chain(read, head, rest)
        if leaf_of(chain, rest) != line:
            raise VerificationFailed(read.position, "the event is not the one that its chain of hashes was made of")
        self.heads[head.stream] = StreamHead(head.version, chain)

    def _chain(self, read: Line, head: Head, rest: bytes) -> bytes:
        before = self.heads.get(head.stream, NO_EVENT)
        if head.version != before.version + 1:
            raise VerificationFailed(
                read.position,
                f"version {before.version + 1} of stream {head.stream} is missing before {head.version}",
            )
        return chain_of(before.chain, rest)
