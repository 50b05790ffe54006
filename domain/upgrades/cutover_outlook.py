"""What either way of cutover would cost: seconds as they were measured before, and what could be lost."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from astrolabe.domain.upgrades.measured import MeasuredUpgrade
from astrolabe.domain.words import Cutover

LATEST = 9
"""How many upgrades count, the latest; what was long ago was of other data."""

Whose = Literal["instance", "host"]


class CutoverOutlook(Struct, frozen=True):
    """One way of letting others in: how long nothing would answer, and what could be lost."""

    cutover: Cutover
    """When others are let in."""
    chosen: bool
    """Whether the instance is registered so."""
    downtime_ms: int | None
    """How long nothing answered in past upgrades, the median in milliseconds; null where that was never measured, and
    nobody knows."""
    upgrades: int
    """Of how many past upgrades, at most the latest nine."""
    measured_on: Whose | None
    """Whose upgrades they were: this instance's, or those of the same product and kind on its host; null where there
    were none."""
    unverified_ms: int | None
    """How long others would be let in to a version that is not verified yet, the median in milliseconds: 0 where they
    wait for that, null where nobody knows."""
    may_lose: str
    """What could be lost, in a sentence."""


NOTHING_LOST = "Nothing: nobody is let in before it is verified, and a failure until then goes back with every row."
LOST_AT_ONCE = (
    "What is written from the start of the new version to the end of verify, {}, where verify fails: it stays behind "
    "in a database kept aside, and is counted."
)


def outlooks(
    chosen: Cutover, own: Sequence[MeasuredUpgrade], others: Sequence[MeasuredUpgrade]
) -> tuple[CutoverOutlook, ...]:
    """Return both ways, as an instance's own past upgrades say, or where there are none those of others like it."""
    return tuple(_outlook(way, chosen, own, others) for way in ("verified", "at-once"))


def _outlook(
    way: Cutover, chosen: Cutover, own: Sequence[MeasuredUpgrade], others: Sequence[MeasuredUpgrade]
) -> CutoverOutlook:
    whose: Whose | None = None
    downtimes: list[int] = []
    if found := _downtimes(way, own):
        whose, downtimes = "instance", found
    elif found := _downtimes(way, others):
        whose, downtimes = "host", found
    # However others were let in, verify took its time.
    verifying = _median([each.verifying_ms for each in (own or others)][-LATEST:])
    unverified = 0 if way == "verified" else verifying
    return CutoverOutlook(
        way, way == chosen, _median(downtimes), len(downtimes), whose, unverified, _may_lose(way, unverified)
    )


def _downtimes(way: Cutover, upgrades: Sequence[MeasuredUpgrade]) -> list[int]:
    found = [each.downtime_ms for each in upgrades if each.cutover == way and each.downtime_ms is not None]
    return found[-LATEST:]


def _may_lose(way: Cutover, unverified: int | None) -> str:
    if way == "verified":
        return NOTHING_LOST
    long = "for an unknown time" if unverified is None else f"for some {unverified / 1000:.1f} s"
    return LOST_AT_ONCE.format(long)


def _median(values: Sequence[int]) -> int | None:
    return sorted(values)[(len(values) - 1) // 2] if values else None
