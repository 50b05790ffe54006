"""A leaf: the exact bytes of one line that says everything that is stored of an event.

`{"chain":C,"entry":E,"position":P,"recorded_at":T}`: E is the stored text to the byte. Without its chain the line is
the body; C is the SHA-256 of the chain of the stream's event before (32 zero bytes before the first) and this body. So
one proof of a stream's last event proves its whole stream. Where the columns beside the entry contradict it, the line
says so under `columns`, so that they are hashed too.
"""

from hashlib import sha256

import msgspec
from msgspec import Raw, Struct

NO_CHAIN = bytes(32)
"""The chain before a stream's first event."""


UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)
"""What reading something that is no line of ours may raise."""


class Row(Struct, frozen=True):
    """What is stored of one event."""

    position: int
    stream_id: str
    version: int
    event_id: str
    type: str
    recorded_at: str
    entry: str


class _Tag(Struct, frozen=True):
    type: str = ""


class Head(Struct, frozen=True):
    """What the entry says of itself and its columns repeat."""

    id: str
    stream: str
    version: int
    data: _Tag


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """A leaf as it is read; the entry stays as its bytes."""

    chain: str
    entry: Raw
    position: int
    recorded_at: str


_heads = msgspec.json.Decoder(Head)


def head_of(entry: str | bytes) -> Head | None:
    """Read what an entry says of itself; None where it is no entry."""
    try:
        return _heads.decode(entry)
    except UNREADABLE:
        return None


def body_of(row: Row) -> bytes:
    """Return the line of a row without its chain."""
    head = head_of(row.entry)
    columns = (row.event_id, row.stream_id, row.version, row.type)
    strange = b""
    if head is None or columns != (head.id, head.stream, head.version, head.data.type):
        strange = b'"columns":' + msgspec.json.encode(columns) + b","
    return strange.join((b"{", body(row.entry.encode(), row.position, row.recorded_at)[1:]))


def body(entry: bytes, position: int, recorded_at: str) -> bytes:
    """Return the line of an event without its chain, where nothing contradicts it."""
    return b'{"entry":%b,"position":%d,"recorded_at":%b}' % (entry, position, msgspec.json.encode(recorded_at))


def chain_of(before: bytes, body: bytes) -> bytes:
    """Return the chain up to an event, from the chain before it and its body."""
    return sha256(before + body).digest()


def leaf_of(chain: bytes, body: bytes) -> bytes:
    """Return the whole line."""
    return b'{"chain":"%b",%b' % (chain.hex().encode(), body[1:])
