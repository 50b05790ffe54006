"""Holds: what is kept until somebody lifts them, and what was discarded beside the log, a stream of its own."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from astrolabe.domain.decider import Decider
from astrolabe.domain.problem import Refused
from astrolabe.domain.words import Moment, Sha256

_TIMED_ID = re.compile(r"([0-9a-f]{8})-([0-9a-f]{4})-7.*")


class Hold(Struct, frozen=True):
    """What is held: all of one instance, of one upgrade, or of all upgrades that were asked for in a period."""

    hold_id: str
    instance_id: str | None = None
    upgrade_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    """The end of the period, which is not in it; None where it has none yet."""

    def covers(self, instance_id: str, upgrade_id: str | None, at: datetime) -> bool:
        """Return whether what an instance's upgrade left at a time is held."""
        if self.instance_id is not None:
            return instance_id == self.instance_id
        if self.upgrade_id is not None:
            return upgrade_id == self.upgrade_id
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)


class Use(Struct, frozen=True):
    """Which instance an output is of, which of its upgrades, and when it was kept."""

    instance_id: str
    upgrade_id: str | None
    at: datetime


class ExpiredOutput(Struct, frozen=True):
    """An output whose retention has ended, and whose it is; of those of an earlier version nobody knows that."""

    sha256: str
    uses: tuple[Use, ...]


class HoldPlaced(Struct, frozen=True, tag="hold_placed"):
    """Nothing of an instance, an upgrade or a period is discarded from here on, until the hold is lifted."""

    hold_id: str
    """The hold's id, a UUID."""
    instance_id: str | None = None
    """The instance whose evidence is held; null where it is an upgrade's, or a period's."""
    upgrade_id: str | None = None
    """The upgrade whose evidence is held; null where it is an instance's, or a period's."""
    since: Moment | None = None
    """The beginning of the period in which the upgrades were asked for; null where it is no period."""
    until: Moment | None = None
    """The end of the period, which is not in it; null where it has none, or is no period."""


class HoldLifted(Struct, frozen=True, tag="hold_lifted"):
    """A hold holds nothing any more; retentions that ended meanwhile end now."""

    hold_id: str
    """The hold's id."""


class OutputsDiscarded(Struct, frozen=True, tag="outputs_discarded"):
    """The retention of what commands said at length has ended, and it is gone."""

    hashes: tuple[Sha256, ...]
    """The SHA-256 of each, as the events name them."""


HoldEvent: TypeAlias = HoldPlaced | HoldLifted | OutputsDiscarded


class Holds(Struct, frozen=True):
    """The holds that were not lifted, by id."""

    by_id: dict[str, Hold] = {}

    def cover(self, instance_id: str, upgrade_id: str | None, at: datetime) -> bool:
        """Return whether one of them holds what an instance's upgrade left at a time."""
        return any(each.covers(instance_id, upgrade_id, at) for each in self.by_id.values())

    def cover_output(self, output: ExpiredOutput) -> bool:
        """Return whether an output is held; one of which nobody knows whose it is, is held by every hold."""
        if not output.uses:
            return bool(self.by_id)
        return any(self.cover(use.instance_id, use.upgrade_id, use.at) for use in output.uses)


class PlaceHold(Struct, frozen=True):
    """Hold something."""

    hold: Hold


class LiftHold(Struct, frozen=True):
    """Hold it no longer."""

    hold_id: str


class DiscardOutputs(Struct, frozen=True):
    """Discard those outputs that nobody holds."""

    expired: Sequence[ExpiredOutput]


HoldCommand: TypeAlias = PlaceHold | LiftHold | DiscardOutputs


def decide(command: HoldCommand, holds: Holds) -> tuple[HoldEvent, ...]:
    """Decide what follows from a command; raises Refused where there is no such hold."""
    match command:
        case PlaceHold(hold):
            return (HoldPlaced(hold.hold_id, hold.instance_id, hold.upgrade_id, hold.since, hold.until),)
        case LiftHold(hold_id):
            if hold_id not in holds.by_id:
                raise Refused("hold-unknown", "No hold has this id, or it was lifted; see GET /holds.")
            return (HoldLifted(hold_id),)
        case DiscardOutputs(expired):
            free = tuple(each.sha256 for each in expired if not holds.cover_output(each))
            return (OutputsDiscarded(free),) if free else ()


def evolve(holds: Holds, event: HoldEvent) -> Holds:
    """Fold one event into the holds that there are."""
    match event:
        case HoldPlaced(hold_id, instance_id, upgrade_id, since, until):
            hold = Hold(hold_id, instance_id, upgrade_id, since, until)
            return replace(holds, by_id={**holds.by_id, hold_id: hold})
        case HoldLifted(hold_id):
            return replace(holds, by_id={key: each for key, each in holds.by_id.items() if key != hold_id})
        case OutputsDiscarded():
            return holds


HOLDS_DECIDER: Final[Decider[HoldCommand, Holds, HoldEvent]] = Decider(Holds(), decide, evolve)


def asked_at(upgrade_id: str) -> datetime | None:
    """Return when an upgrade was asked for, which its id says (UUIDv7); None where it is of another form."""
    found = _TIMED_ID.fullmatch(upgrade_id)
    return datetime.fromtimestamp(int(found[1] + found[2], 16) / 1000, UTC) if found else None
