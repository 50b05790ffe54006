"""`due(state, now)`: what a worker should do next, if anything."""

from datetime import datetime
from typing import Literal, TypeAlias

from msgspec import Struct

from domain import states as s
from domain.rollback_point import Kept

ActionName = Literal[
    "preflight", "backup", "pull", "stop", "copy", "start", "follow", "verify", "assess", "restore", "revive"
]


class Action(Struct, frozen=True):
    """One thing to do for the upgrade under way."""

    name: ActionName


class Discard(Struct, frozen=True):
    """Something kept aside whose retention has ended."""

    kept: Kept


Due: TypeAlias = Action | Discard

ACTIONS: dict[type[s.State], ActionName] = {
    s.Requested: "preflight",
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
    if isinstance(state, s.Idle | s.Retired):
        for kept in state.it.kept:
            if kept.until <= now:
                return Discard(kept)
    return None


def due_at(state: s.State) -> datetime | None:
    """Tell when the next thing kept aside is to be discarded."""
    if isinstance(state, s.Idle | s.Retired) and state.it.kept:
        return min(kept.until for kept in state.it.kept)
    return None
