"""An entry: the exact bytes of an event that are stored, and later hashed (RFC 8785)."""

from datetime import datetime
from typing import Any, TypeAlias, get_args

import msgspec
from msgspec import Struct

from astrolabe.domain.access import AccessEvent
from astrolabe.domain.access_log import AccessCounted
from astrolabe.domain.audit.witness_reports import WitnessEvent
from astrolabe.domain.holds import HoldEvent
from astrolabe.domain.notices.contact import ContactEvent
from astrolabe.domain.recorded import Cause, Recorded
from astrolabe.domain.upgrades.events import Event, UpgradeRequested
from astrolabe.domain.webhooks.endpoint import WebhookEvent
from astrolabe.store.errors import NewerLog
from astrolabe.store.ids import new_id

AnyEvent: TypeAlias = Event | AccessEvent | WebhookEvent | AccessCounted | ContactEvent | WitnessEvent | HoldEvent
AnyRecorded: TypeAlias = Recorded[AnyEvent]

MAX_ENTRY = 65_280
"""How long an entry may be, in bytes: its leaf in the tree must fit into the 65,535 of a tile's entry."""


class Entry(Struct, frozen=True):
    """The stored form of an event."""

    id: str
    stream: str
    version: int
    source: str
    actor: str
    reason: str
    data: AnyEvent
    causation: str | None = None
    correlation: str | None = None


_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder(Entry)


def make_entry(stream_id: str, version: int, event: AnyEvent, cause: Cause) -> Entry:
    """Put an event into its envelope; an upgrade is known by the id of the event that requested it."""
    event_id = event.upgrade_id if isinstance(event, UpgradeRequested) else new_id()
    return Entry(
        event_id,
        stream_id,
        version,
        cause.source,
        cause.actor,
        cause.reason,
        event,
        cause.causation_id,
        cause.correlation_id,
    )


def encode(entry: Entry) -> str:
    """Return the canonical text of an entry; raises ValueError where it is too long or could not be read back."""
    return write(entry)[1]


def write(entry: Entry) -> tuple[Entry, str]:
    """Return an entry as it will be read back, and its canonical text; raises ValueError as `encode` does."""
    raw = _encoder.encode(entry)
    if not raw.isascii():
        raw = msgspec.json.encode(_in_order(msgspec.json.decode(raw)))
    if len(raw) > MAX_ENTRY:
        raise ValueError(f"the event is {len(raw)} bytes long; an entry may have {MAX_ENTRY}")
    try:
        return _decoder.decode(raw), raw.decode()
    except msgspec.ValidationError as error:
        raise ValueError(f"the event could not be read back: {error}") from None


def _in_order(value: Any) -> Any:
    # RFC 8785 sorts keys by their UTF-16, which differs from msgspec's order only beyond U+D7FF.
    match value:
        case dict():
            return {key: _in_order(value[key]) for key in sorted(value, key=_utf16)}
        case list():
            return [_in_order(each) for each in value]
        case _:
            return value


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be")


def recorded(text: str, recorded_at: datetime, position: int | None) -> AnyRecorded:
    """Read a stored entry back; raises NewerLog where this Astrolabe does not know what it holds."""
    try:
        entry = _decoder.decode(text)
    except msgspec.ValidationError as error:
        head = msgspec.json.decode(text, type=_Head)
        raise unreadable(head.data.type, str(error)) from None
    return as_recorded(entry, text, recorded_at, position)


class _Type(Struct):
    type: str


class _Head(Struct):
    data: _Type


def unreadable(kind: str, why: str = "") -> NewerLog:
    """Return what is said of an event that only a newer Astrolabe can have written."""
    if kind not in TYPES:
        return NewerLog(f"written to this log: events of the type {kind} are not known here")
    return NewerLog(f"written to this log: an event of the type {kind} cannot be read here ({why})")


def as_recorded(entry: Entry, text: str, recorded_at: datetime, position: int | None) -> AnyRecorded:
    """Return an entry and its text as they are recorded."""
    cause = Cause(entry.actor, entry.reason, entry.source, entry.causation, entry.correlation)
    return Recorded(entry.stream, entry.version, entry.id, cause, recorded_at, entry.data, text, position)


TYPES = frozenset(str(kind.__struct_config__.tag) for kind in get_args(AnyEvent))
"""How events are named in the log."""


def type_of(event: AnyEvent | type[AnyEvent]) -> str:
    """Name an event, or all of its kind, as the log does."""
    return str(event.__struct_config__.tag)
