"""An event as callers see it, the same in lists and in streams."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from astrolabe.domain.upgrades.sentences import sentence
from astrolabe.store.log.entry import type_of
from astrolabe.store.streams.instances import InstanceRecorded


class EventView(Struct, frozen=True):
    """One event; `position` is null for the moment until the whole log's order holds it.

    `summary` says for a person what `data` tells a program; its words may change.
    """

    id: str
    version: int
    position: int | None
    type: str
    actor: str
    reason: str
    source: str
    recorded_at: datetime
    summary: str
    data: dict[str, Any]


class EventPage(Struct, frozen=True):
    """A page of events, oldest first, and the link to the next where there is one."""

    items: tuple[EventView, ...]
    next: str | None = None


def event_view(recorded: InstanceRecorded) -> EventView:
    """Show an event."""
    data: dict[str, Any] = msgspec.to_builtins(recorded.event)
    kind = type_of(recorded.event)
    cause = recorded.cause
    return EventView(
        recorded.event_id,
        recorded.version,
        recorded.position,
        kind,
        cause.actor,
        cause.reason,
        cause.source,
        recorded.recorded_at,
        sentence(kind, data),
        {key: value for key, value in data.items() if key != "type"},
    )
