"""What past upgrades took, for each way of cutover, as the log has it."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from astrolabe.domain.upgrades import events as e
from astrolabe.domain.words import Cutover


class MeasuredUpgrade(Struct, frozen=True):
    """One upgrade that arrived: how others were let in, and what that took, in milliseconds."""

    cutover: Cutover
    downtime_ms: int | None
    """How long nothing answered; None where nobody knows."""
    verifying_ms: int
    """From the new version's first answer to the end of verify: so long it serves unverified where it is let in at
    once."""


class _Measuring(Struct):
    cutover: Cutover | None = None
    healthy_at: datetime | None = None
    verified_at: datetime | None = None
    downtime_ms: int | None = None


def measured(events: Iterable[e.Event]) -> tuple[MeasuredUpgrade, ...]:
    """Return what was measured of each upgrade in an instance's history that succeeded, the oldest first."""
    found: list[MeasuredUpgrade] = []
    now = _Measuring()
    for event in events:
        match event:
            case e.UpgradeRequested() | e.UpgradeRetried():
                now = _Measuring()
            case e.CutOver(verified=verified):
                now.cutover = "verified" if verified else "at-once"
            case e.MigrationFinished(healthy_at=healthy_at, downtime_ms=downtime_ms):
                now.healthy_at, now.downtime_ms = healthy_at, downtime_ms
            case e.UpgradeVerified(at=at):
                now.verified_at = at
            case e.UpgradeSucceeded():
                found += _measured(now, event)
            case _:
                pass
    return tuple(found)


def _measured(now: _Measuring, event: e.UpgradeSucceeded) -> tuple[MeasuredUpgrade, ...]:
    if now.cutover is None or now.healthy_at is None:
        return ()
    # Who is let in at once is served from the first answer on; whoever waits, from the start that follows cutover.
    downtime_ms = now.downtime_ms if now.cutover == "at-once" else event.downtime_ms
    verifying = (now.verified_at or event.at) - now.healthy_at
    return (MeasuredUpgrade(now.cutover, downtime_ms, max(0, round(verifying.total_seconds() * 1000))),)
