"""The access log: who was refused, and who read the trail, counted for a while at a time, a stream of its own."""

from typing import Final

from msgspec import Struct

from astrolabe.domain.words import Moment

READ: Final = "read"
"""What came of a request that was let in to the trail."""


class AccessCount(Struct, frozen=True):
    """How often one caller was refused one thing, or read one thing."""

    actor: str
    """The token's name; empty where no token in use was shown."""
    address: str
    """The address that asked; empty where nobody knows it."""
    operation: str
    """The method and the route, such as `GET /audit/export`."""
    outcome: str
    """What came of it: `read`, or why it was refused, in the stable word of the problem."""
    count: int
    """How often."""


class AccessCounted(Struct, frozen=True, tag="access_counted"):
    """Who was refused, and who read the trail, in a while."""

    since: Moment
    """When the first of it was asked for."""
    until: Moment
    """When it was counted."""
    counts: tuple[AccessCount, ...]
    """How often who was refused what, or read what."""
    left_out: int = 0
    """How many requests more, of which nothing else is kept: so many callers and routes have no place in one event."""
