"""`due(state, now)`: what a worker should do next, if anything."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Literal, TypeAlias

from msgspec import Struct

from astrolabe.domain.plans.rollback_point import Kept
from astrolabe.domain.upgrades import states as s

ActionName = Literal[
    "adopt",
    "preflight",
    "backup",
    "pull",
    "stop",
    "copy",
    "start",
    "follow",
    "verify",
    "cutover",
    "serve",
    "assess",
    "restore",
    "resume",
    "revive",
]


class Action(Struct, frozen=True):
    """One thing to do for the adoption or the upgrade under way."""

    name: ActionName


class Discard(Struct, frozen=True):
    """Something kept aside whose retention has ended."""

    kept: Kept


class Expiry(Struct, frozen=True):
    """Something that people should have done by now."""

    what: Literal["approval", "review"]
    upgrade_id: str


Due: TypeAlias = Action | Discard | Expiry

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
    s.Verified: "cutover",
    s.Serving: "serve",
    s.Assessing: "assess",
    s.RollingBack: "restore",
    s.Resuming: "resume",
    s.Restored: "revive",
}


def due(state: s.State, now: datetime, held: Callable[[Kept], bool] = lambda _: False) -> Due | None:
    """Return what is due now; None where nothing is, or where only a person can act.

    `held` says of what is kept aside whether it must not be discarded, whatever its retention.
    """
    if action := ACTIONS.get(type(state)):
        return Action(action)
    found = (what for at, what in _timed(state) if at <= now)
    return next((what for what in found if not (isinstance(what, Discard) and held(what.kept))), None)


def due_at(state: s.State) -> datetime | None:
    """Return when the next thing is due by time alone."""
    return min((at for at, _ in _timed(state)), default=None)


def _timed(state: s.State) -> Iterator[tuple[datetime, Expiry | Discard]]:
    match state:
        case s.Waiting(run=run, until=until):
            yield until, Expiry("approval", run.upgrade_id)
        case s.Idle(instance) | s.Retired(instance):
            if instance.review and not instance.review.overdue:
                yield instance.review.until, Expiry("review", instance.review.upgrade_id)
            for kept in instance.kept:
                yield kept.until, Discard(kept)
        case _:
            pass
