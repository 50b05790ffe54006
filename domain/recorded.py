"""A recorded event: the fact, and who, why, when and where in the log."""

from datetime import datetime
from typing import Final, Generic, TypeVar

from msgspec import Struct

E_co = TypeVar("E_co", covariant=True)

NO_REASON: Final = "no reason given"
"""The reason of whoever gave none."""


class Cause(Struct, frozen=True):
    """Who asked and why, from where, and what an event follows from."""

    actor: str
    reason: str
    source: str
    causation_id: str | None = None
    correlation_id: str | None = None


class Recorded(Struct, Generic[E_co], frozen=True):
    """An event with its envelope; `position` is None until the sequencer has placed it."""

    stream_id: str
    version: int
    event_id: str
    cause: Cause
    recorded_at: datetime
    event: E_co
    entry: str
    position: int | None = None
