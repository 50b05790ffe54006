"""What an instance is: one class a state, so that what cannot be true cannot be built."""

from datetime import datetime
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from astrolabe.domain.plans.approval import Approval
from astrolabe.domain.plans.hand_command import HandCommand
from astrolabe.domain.plans.plan import Artifact, Check, Plan
from astrolabe.domain.plans.rollback_point import DatabaseCopy, Dump, FilesCopy, RollbackPoint, Writes
from astrolabe.domain.problem import Problem
from astrolabe.domain.upgrades.instance import Instance, Newcomer, Run
from astrolabe.domain.upgrades.under_way import Downtime, Isolation, Leg, Prepared, WayBack


class Absent(Struct, frozen=True):
    """Nothing was registered under this id."""


class Adopting(Struct, frozen=True):
    """A worker is to find out what runs."""

    instance: Newcomer
    attempt: int


class Unadopted(Struct, frozen=True):
    """What runs is not the product, or nothing does; a person must act, then have it adopted again."""

    instance: Newcomer
    attempt: int
    problem: Problem


class Withdrawn(Struct, frozen=True):
    """It was given up before anybody knew what runs."""

    instance: Newcomer
    name_free: bool = False


class Idle(Struct, frozen=True):
    """Nothing is under way."""

    instance: Instance


class Retired(Struct, frozen=True):
    """Nothing will be asked any more."""

    instance: Instance
    name_free: bool = False


class Requested(Struct, frozen=True):
    """Preflight is due."""

    instance: Instance
    run: Run


class Waiting(Struct, frozen=True):
    """The plan waits for approval."""

    instance: Instance
    run: Run
    plan: Plan
    approvers: int
    until: datetime
    approvals: tuple[Approval, ...] = ()


class Approved(Struct, frozen=True):
    """The plan is approved; preflight is due again, for time has passed."""

    instance: Instance
    run: Run
    plan: Plan


class Planned(Struct, frozen=True):
    """The backup is due."""

    instance: Instance
    run: Run
    plan: Plan


class _Prepared(Struct, frozen=True):
    prepared: Prepared

    @property
    def instance(self) -> Instance:
        """The instance that is upgraded."""
        return self.prepared.instance

    @property
    def run(self) -> Run:
        """The upgrade under way."""
        return self.prepared.run

    @property
    def plan(self) -> Plan:
        """What preflight found it will do."""
        return self.prepared.plan

    @property
    def dump(self) -> Dump | None:
        """What backup made; None where the instance has no database."""
        return self.prepared.dump

    @property
    def files(self) -> FilesCopy | None:
        """The copy of the instance's folders; None where none of them is kept."""
        return self.prepared.files


class _Down(_Prepared, frozen=True):
    downtime: Downtime

    @property
    def last_healthy_at(self) -> datetime:
        """When the instance last answered."""
        return self.downtime.last_healthy_at

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The legs that are finished."""
        return self.downtime.legs


class BackedUp(_Prepared, frozen=True):
    """The pull is due."""


class Pulled(_Prepared, frozen=True):
    """The migration is due, and cancelling is still free."""


class Stopping(_Prepared, frozen=True):
    """A worker may have stopped the old version."""

    downtime: Downtime | None = None
    """None on the first leg, where the old version may still serve."""

    @property
    def last_healthy_at(self) -> datetime | None:
        """When the instance last answered; None where it may still do so."""
        return self.downtime.last_healthy_at if self.downtime else None

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The legs that are finished."""
        return self.downtime.legs if self.downtime else ()


class Stopped(_Down, frozen=True):
    """The old version is stopped; the copy is due."""


class Copied(_Down, frozen=True):
    """The rollback point is complete; the new version may be started."""

    copy: DatabaseCopy | None


class Migrating(_Down, frozen=True):
    """The new version may be changing the database."""

    copy: DatabaseCopy | None
    isolation: Isolation = Isolation()


class Migrated(_Down, frozen=True):
    """The new version answers; verifying is due."""

    copy: DatabaseCopy | None
    isolation: Isolation = Isolation()


class Verified(_Down, frozen=True):
    """The new version is well, and nobody else was let in; cutover is due."""

    copy: DatabaseCopy | None
    isolation: Isolation
    checks: tuple[Check, ...]


class Serving(_Down, frozen=True):
    """Past the point of no return: others are let in, and the new version is to serve them."""

    copy: DatabaseCopy | None
    isolation: Isolation
    checks: tuple[Check, ...]
    counters: Writes
    """The count of writes at cutover."""


class Assessing(Struct, frozen=True):
    """A rollback was asked for; what it would leave behind is to be counted."""

    instance: Instance
    run: Run
    point: RollbackPoint
    accept_lost_writes: bool


class RollingBack(Struct, frozen=True):
    """The database of before is to be put back."""

    instance: Instance
    run: Run
    back: WayBack
    serving: Serving | None = None
    """What it turned back from by itself after cutover; None where somebody asked, or nobody was let in."""


class Resuming(Struct, frozen=True):
    """The way back was called off, for it would lose writes; the new version is to be started again."""

    instance: Instance
    run: Run
    back: WayBack
    writes: Writes
    serving: Serving | None = None
    """What it turned back from by itself after cutover; None where somebody asked."""


class Restored(Struct, frozen=True):
    """The database is the one of before; the old version is to be started."""

    instance: Instance
    run: Run
    back: WayBack
    kept: str | None
    kept_files: FilesCopy | None = None
    """The folders as the new version left them."""


class Inconsistent(Struct, frozen=True):
    """The way back failed; a person must act, then retry."""

    instance: Instance
    run: Run
    back: WayBack
    problem: Problem
    serving: Serving | None = None
    """What it turned back from by itself after cutover; None where somebody asked, or nobody was let in."""
    commands: tuple[HandCommand, ...] = ()


Unversioned: TypeAlias = Absent | Adopting | Unadopted | Withdrawn
"""Nobody knows which version runs, so no upgrade can be asked for."""

Begun: TypeAlias = Requested | Approved | Planned | BackedUp | Pulled
"""Under way with nothing touched: cancelling is free, as it is while Waiting."""

Touched: TypeAlias = Stopping | Stopped | Copied | Migrating | Migrated | Verified
"""Under way with the old version stopped and nobody let in: every way out is a rollback, which loses nothing."""

Returning: TypeAlias = Assessing | RollingBack | Resuming | Restored
"""On the way back, about to be, or just called off."""

Busy: TypeAlias = Begun | Touched | Serving | Returning
"""Under way, and a worker's turn."""

UnderWay: TypeAlias = Waiting | Busy | Inconsistent
"""Under way, whoever's turn it is."""

State: TypeAlias = Unversioned | Idle | Retired | UnderWay


def run_of(state: State) -> Run | None:
    """Return the upgrade that is under way; None where none is."""
    return state.run if isinstance(state, UnderWay) else None


def with_instance(state: Idle | Retired | UnderWay, instance: Instance) -> State:
    """Return the same state of an instance of which something else is known."""
    if isinstance(state, BackedUp | Pulled | Touched | Serving):
        return replace(state, prepared=replace(state.prepared, instance=instance))
    return replace(state, instance=instance)


def leg_from(state: Touched | Serving) -> Artifact:
    """Return what the leg under way began on."""
    return state.legs[-1].artifact if state.legs else state.plan.old


def leg_to(state: Touched | Serving) -> Artifact:
    """Return what the leg under way ends on."""
    return state.plan.legs[len(state.legs)]


def cuts_over_at_once(state: Touched) -> bool:
    """Return whether others are let in as soon as the new version serves, before it is verified."""
    return state.instance.config.cutover == "at-once"


def serving_at_once(state: Touched) -> Serving | None:
    """Return the new version as what others were let in to before it was verified; None where nobody was."""
    if not isinstance(state, Migrating | Migrated) or state.downtime.let_in is None:
        return None
    return Serving(state.prepared, state.downtime, state.copy, state.isolation, (), state.downtime.let_in)


def is_last_leg(state: Touched) -> bool:
    """Return whether the leg under way ends on the wanted version."""
    return len(state.legs) == len(state.plan.stops)


def isolation_of(state: Touched) -> Isolation:
    """Return where the new version runs apart, or a required stop ran last."""
    if isinstance(state, Migrating | Migrated | Verified):
        return state.isolation
    return state.legs[-1].isolation if state.legs else Isolation()


def copies_of(state: Touched | Serving) -> tuple[DatabaseCopy | None, ...]:
    """Return the copies from before each leg, the first of which is the way back of the whole upgrade."""
    copy = None if isinstance(state, Stopping | Stopped) else state.copy
    return (*(leg.copy for leg in state.legs), copy)
