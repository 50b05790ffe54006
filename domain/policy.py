"""`due(state, now)`: what a worker should do next, if anything."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal, TypeAlias

from msgspec import Struct

from domain import states as s
from domain.rollback_point import Kept

ActionName = Literal[
    "adopt", "preflight", "backup", "pull", "stop", "copy", "start", "follow", "verify", "assess", "restore", "revive"
]


class Action(Struct, frozen=True):
    """One thing to do for the adoption or the upgrade under way."""

    name: ActionName


class Discard(Struct, frozen=True):
    """Something kept aside whose retention has ended."""

    kept: Kept


class Lapse(Struct, frozen=True):
    """Something that people should have done by now."""

    what: Literal["approval", "review"]
    upgrade_id: str


Due: TypeAlias = Action | Discard | Lapse

ACTIONS: dict[type[s.State], ActionName] = {
    s.Adopting: "adopt",
    s.Requested: "preflight",
    s.Approved: "preflight",
    s.Planned: "backup",
    s.BackedUp: "pull",
    s.Pulled: "stop",
    s.Stopping: "stop",
    s.Stopped: "copy",
    s.Copied: "start",
    s.Migrating: "follow",
    s.Migrated: "verify",
    s.Assessing: "assess",
    s.RollingBack: "restore",
    s.Restored: "revive",
}


def due(state: s.State, now: datetime) -> Due | None:
    """Tell what is due now; None where nothing is, or where only a person can act."""
    if action := ACTIONS.get(type(state)):
        return Action(action)
    return next((what for at, what in _timed(state) if at <= now), None)


def due_at(state: s.State) -> datetime | None:
    """Tell when the next thing is due by time alone."""
    return min((at for at, _ in _timed(state)), default=None)


def _timed(state: s.State) -> Iterator[tuple[datetime, Lapse | Discard]]:
    match state:
        case s.Waiting(run=run, until=until):
            yield until, Lapse("approval", run.upgrade_id)
        case s.Idle(it) | s.Retired(it):
            if it.review and not it.review.overdue:
                yield it.review.until, Lapse("review", it.review.upgrade_id)
            for kept in it.kept:
                yield kept.until, Discard(kept)
        case _:
            pass
