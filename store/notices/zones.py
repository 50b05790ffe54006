"""Time zones by their names."""

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from astrolabe.domain.notices.hours import ZoneName
from astrolabe.domain.problem import Refused


def zone_of(name: ZoneName) -> tzinfo:
    """Return a time zone; raises Refused where this host knows none of that name."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise Refused(
            "time-zone-unknown", f"No time zone {name} is known on this host; write one such as Europe/Berlin."
        ) from None


def known_zone(name: ZoneName) -> tzinfo:
    """Return a time zone, UTC where this host knows none of that name: rather at another hour than never."""
    try:
        return zone_of(name)
    except Refused:
        return UTC
