"""An event as callers see it, the same in lists and in streams."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Struct

from astrolabe.api.http.schemas import holding
from astrolabe.domain.upgrades.events import Event
from astrolabe.domain.upgrades.sentences import sentence
from astrolabe.store.log.entry import type_of
from astrolabe.store.streams.instances import InstanceRecorded


class EventView(Struct, frozen=True):
    """One event.

    `summary` says for a person what `data` says to a program; its words may change.
    """

    id: str
    """The event's id, a UUID."""
    version: int
    """Its place in its instance's stream, from 1 on."""
    position: int | None
    """Its place in the whole log, from 0 on; null for the moment until the log's order holds it, and always for a token
    that sees some instances alone, for it says how much happens elsewhere."""
    cursor: int | None
    """What a stream of events goes on after, as `Last-Event-ID`; null for the moment until the log's order holds it."""
    type: str
    """What happened, in a stable word."""
    actor: str
    """Who asked: the name of a token, or of a process of Astrolabe."""
    reason: str
    """Why, as the one who asked said."""
    source: str
    """Where it came in: api, cli or relay, or worker/ and the worker's name."""
    recorded_at: datetime
    """When it was recorded."""
    summary: str
    """What `data` says, for a person; its words may change."""
    data: Annotated[dict[str, Any], holding(Event)]
    """What `data` of this type says to a program."""


class EventPage(Struct, frozen=True):
    """A page of events, oldest first, and the link to the next where there is one."""

    items: tuple[EventView, ...]
    """The events, the oldest first."""
    next: str | None = None
    """The path of the next page; null on the last one."""


def cursor_of(recorded: InstanceRecorded, *, placed: bool) -> int | None:
    """Return what a stream goes on after: an event's position, or its version for who is not to know its position."""
    return recorded.position if placed or recorded.position is None else recorded.version


def event_view(recorded: InstanceRecorded, *, placed: bool) -> EventView:
    """Show an event; `placed` to a caller who may know how many events of others there are."""
    data: dict[str, Any] = msgspec.to_builtins(recorded.event)
    kind = type_of(recorded.event)
    cause = recorded.cause
    return EventView(
        recorded.event_id,
        recorded.version,
        recorded.position if placed else None,
        cursor_of(recorded, placed=placed),
        kind,
        cause.actor,
        cause.reason,
        cause.source,
        recorded.recorded_at,
        sentence(kind, data),
        {key: value for key, value in data.items() if key != "type"},
    )
