"""Ending: what an instance is after an upgrade, and what is then kept aside."""

from datetime import datetime

from msgspec.structs import replace

from astrolabe.domain.plans.rollback_point import Kept, RollbackPoint, Writes
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.events import (
    InstanceTakenOver,
    UpgradeResumed,
    UpgradeRolledBack,
    UpgradeSucceeded,
    UpgradeUnwell,
)
from astrolabe.domain.upgrades.instance import Instance, LastUpgrade, Run
from astrolabe.domain.upgrades.retention import (
    kept_copies,
    kept_databases,
    kept_dump,
    kept_files,
    reinstated,
    superseded,
    with_dump_kept,
)
from astrolabe.domain.upgrades.under_way import WayBack
from astrolabe.domain.words import Cause, Outcome

LATER_LEG = "the rollback point of a later leg"
LATER_UPGRADE = "a later upgrade left a newer rollback point"
LEFT_BESIDE = "a person brought the instance up in the midst of the way back"


def ended(instance: Instance, run: Run, outcome: Outcome) -> Instance:
    """Return the instance after an upgrade that left nothing."""
    return replace(instance, last=LastUpgrade(run, outcome))


def called_off(state: s.Begun, outcome: Outcome, at: datetime) -> Instance:
    """Return the instance after an upgrade that touched nothing; a dump that was made is kept."""
    return ended(with_dump_kept(state, at), state.run, outcome)


def succeeded(state: s.Migrated | s.Serving, event: UpgradeSucceeded) -> Instance:
    """Return the instance on the new version, with the way back to the old one."""
    return _arrived(state, event, "succeeded", event.counters)


def unwell(state: s.Serving, event: UpgradeUnwell) -> Instance:
    """Return the instance on a new version that is not well, with the way back that a person may choose."""
    return _arrived(state, event, "unwell", state.counters)


def resumed(state: s.Resuming, event: UpgradeResumed | UpgradeUnwell) -> Instance:
    """Return the instance on the new version, which goes on for now; its way back is what it was."""
    outcome: Outcome = "succeeded" if isinstance(event, UpgradeResumed) else "unwell"
    if state.serving is None:
        return ended(state.instance, state.run, outcome)
    serving = replace(state.serving, prepared=replace(state.serving.prepared, instance=state.instance))
    return _arrived(serving, event, outcome, serving.counters)


def _arrived(
    state: s.Migrated | s.Serving,
    event: UpgradeSucceeded | UpgradeUnwell | UpgradeResumed,
    outcome: Outcome,
    counters: Writes,
) -> Instance:
    instance, run = superseded(state.instance, LATER_UPGRADE, event.at), state.run
    first, *later = s.copies_of(state)
    kept = kept_copies(instance, later, LATER_LEG, run.upgrade_id, event.at)
    return replace(
        ended(instance, run, outcome),
        version=event.version,
        rollback_point=RollbackPoint(
            run.upgrade_id, state.plan.old, state.dump, first, counters, event.at, state.plan.new, state.files
        ),
        kept=instance.kept + kept,
        succeeded=run,
        observed=None,
        unobserved=None,
    )


def way_back(state: s.Touched | s.Serving, cause: Cause) -> WayBack:
    """Return the way back from an upgrade that has stopped the old version."""
    first, *later = s.copies_of(state)
    serving = isinstance(state, s.Serving)
    isolation = state.isolation if serving else s.isolation_of(state)
    let_in = state.counters if serving else state.downtime and state.downtime.let_in
    return WayBack(
        cause,
        state.plan.old,
        first,
        state.dump,
        migrated=bool(state.legs) or not isinstance(state, s.Stopping | s.Stopped | s.Copied),
        last_healthy_at=state.last_healthy_at,
        spare=tuple(copy for copy in later if copy),
        private_database=isolation.database,
        isolated=isolation.isolated,
        counters=let_in,
        may_be_called_off=let_in is not None,
        # Whoever lets others in at once has accepted what that may cost, but not that nobody knows how much it was.
        accept_counted_writes=not serving,
        to=state.plan.new,
        files=state.files,
    )


def rolled_back(state: s.Restored, event: UpgradeRolledBack) -> Instance:
    """Return the instance on the old version again; what the way back did not need is kept."""
    instance, run, back = state.instance, state.run, state.back
    why = "the upgrade was taken back"
    kept = kept_dump(instance, back.dump, why, run.upgrade_id, event.at)
    if state.kept:
        kept += kept_databases(instance, [state.kept], why, run.upgrade_id, event.at)
    kept += kept_files(instance, [back.files, state.kept_files], why, run.upgrade_id, event.at)
    if not back.migrated:
        kept += kept_copies(instance, [back.copy], "the rollback did not need it", run.upgrade_id, event.at)
    kept += kept_copies(instance, back.spare, LATER_LEG, run.upgrade_id, event.at)
    before = reinstated(instance) if _is_last_success(instance, run) else instance
    return replace(
        ended(before, run, "rolled_back"),
        version=event.version,
        kept=before.kept + kept,
        observed=None,
        unobserved=None,
    )


def _is_last_success(instance: Instance, run: Run) -> bool:
    return instance.succeeded is not None and instance.succeeded.upgrade_id == run.upgrade_id


def _point_of(run: Run, back: WayBack, at: datetime) -> RollbackPoint:
    counters = back.counters or Writes(None)
    return RollbackPoint(run.upgrade_id, back.artifact, back.dump, back.copy, counters, at, back.to, back.files)


def taken_over(state: s.RollingBack, event: InstanceTakenOver) -> Instance:
    """Return the instance on the version that a person brought up; where that is the new one, the way back stays."""
    instance, run, back = state.instance, state.run, state.back
    old, own = event.version == back.artifact.version, _is_last_success(instance, run)
    if old:
        instance = reinstated(instance) if own else instance
    else:
        instance = instance if own else superseded(instance, LATER_UPGRADE, event.at)
        there = back.copy is None or back.copy.database in event.beside
        point = _point_of(run, back, event.at) if there else None
        instance = replace(instance, rollback_point=point, succeeded=run if point else None)
    instance = replace(instance, kept=instance.kept + _left_beside(instance, run, back, event))
    return replace(
        ended(instance, run, "rolled_back" if old else "succeeded"),
        version=event.version,
        observed=None,
        unobserved=None,
    )


def _left_beside(instance: Instance, run: Run, back: WayBack, event: InstanceTakenOver) -> tuple[Kept, ...]:
    """Keep aside what is beside an instance that was taken over, and is not its rollback point's."""
    point = instance.rollback_point
    taken = {point.copy.database if point and point.copy else None, *(each.name for each in instance.kept)}
    left = [name for name in dict.fromkeys(event.beside) if name not in taken]
    kept = kept_databases(instance, left, LEFT_BESIDE, run.upgrade_id, event.at)
    if point is None or point.upgrade_id != run.upgrade_id:
        kept += kept_dump(instance, back.dump, LEFT_BESIDE, run.upgrade_id, event.at)
        kept += kept_files(instance, [back.files], LEFT_BESIDE, run.upgrade_id, event.at)
    return kept
