"""`evolve(state, event)`: what an instance is after an event; it never refuses."""

from collections.abc import Iterable
from functools import reduce

from msgspec.structs import replace

from astrolabe.domain.instances.instance import in_kind
from astrolabe.domain.instances.observation import Observation
from astrolabe.domain.plans.approval import Approval, DueReview
from astrolabe.domain.plans.plan import Artifact
from astrolabe.domain.plans.rollback_point import DatabaseCopy, Dump, RollbackPoint
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.retention import (
    discarded,
    kept_copies,
    kept_databases,
    kept_dump,
    superseded,
    with_dump_kept,
)
from astrolabe.domain.words import Cause, Outcome

LATER_LEG = "the rollback point of a later leg"
LATER_UPGRADE = "a later upgrade left a newer rollback point"


def evolve(state: s.State, event: e.Event) -> s.State:
    """Fold one event into a state; an event that does not follow changes nothing."""
    match event, state:
        case e.InstanceRegistered(config, version), s.Absent():
            return s.Idle(s.Instance(config, version)) if version else s.Adopting(s.Newcomer(config), 1)
        case e.AdoptionRequested(), s.Unadopted(instance, attempt):
            return s.Adopting(instance, attempt + 1)
        case e.InstanceReconfigured(config), s.Adopting(_, attempt) | s.Unadopted(_, attempt):
            return s.Adopting(s.Newcomer(config), attempt + 1)
        case e.InstanceAdopted() as found, s.Adopting(instance):
            seen = Observation(found.version, found.seen, found.at)
            return s.Idle(
                s.Instance(in_kind(instance.config, found.kind) or instance.config, found.version, observed=seen)
            )
        case e.AdoptionRefused(_, problem), s.Adopting(instance, attempt):
            return s.Unadopted(instance, attempt, problem)
        case e.InstanceRetired(), s.Adopting(instance) | s.Unadopted(instance):
            return s.Withdrawn(instance)
        case e.InstanceObserved(version, seen, at), s.Idle(instance):
            return s.Idle(replace(instance, observed=Observation(version, seen, at)))
        case e.DriftAccepted(version, at), s.Idle(instance):
            kept = instance.kept + superseded(instance, "what runs was changed by hand since", at)
            return s.Idle(replace(instance, version=version, rollback_point=None, succeeded=None, kept=kept))
        case e.InstanceReconfigured(config), s.Idle(instance):
            return s.Idle(replace(instance, config=config, observed=None))
        case e.InstanceRetired(), s.Idle(instance):
            return s.Retired(instance)
        case e.UpgradeRequested() as asked, s.Idle(instance):
            return s.Requested(instance, _run(asked))
        case e.UpgradeRetried() as again, s.Idle(instance) if instance.last:
            return s.Requested(instance, _again(instance.last.run, again))
        case e.ApprovalRequested(_, approvers, until), s.Planned(instance, run, plan):
            return s.Waiting(instance, run, plan, approvers, until)
        case e.UpgradeApproved(_, approver, at, missing), s.Waiting(instance, run, plan) as was:
            more = replace(was, approvals=(*was.approvals, Approval(approver, at)))
            return more if missing else s.Approved(instance, run, plan)
        case e.UpgradeRejected(), s.Waiting(instance, run):
            return s.Idle(_ended(instance, run, "rejected"))
        case e.ApprovalExpired(), s.Waiting(instance, run):
            return s.Idle(_ended(instance, run, "expired"))
        case (e.ReviewRequested() | e.UpgradeReviewed() | e.ReviewOverdue()) as told, _:
            return _reviewed(state, told)
        case e.StepStarted(step="migrate"), s.Pulled(instance, run, plan, dump):
            return s.Stopping(instance, run, plan, dump)
        case e.PreflightPassed(plan=plan), s.Requested(instance, run) | s.Approved(instance, run):
            return s.Planned(instance, run, plan)
        case e.UpgradeRefused(), s.Requested(instance, run) | s.Approved(instance, run):
            return s.Idle(_ended(instance, run, "refused"))
        case e.BackupTaken(dump=dump), s.Planned(instance, run, plan):
            return s.BackedUp(instance, run, plan, dump)
        case e.ArtifactPulled(), s.BackedUp(instance, run, plan, dump):
            return s.Pulled(instance, run, plan, dump)
        case e.InstanceStopped(last_healthy_at=last), s.Stopping(instance, run, plan, dump, legs, since):
            return s.Stopped(instance, run, plan, dump, since or last, legs)
        case e.DatabaseCopied(copy=copy), s.Stopped(instance, run, plan, dump, last, legs):
            return s.Copied(instance, run, plan, dump, last, copy, legs)
        case e.MigrationStarted(port=port), s.Copied(instance, run, plan, dump, last, copy, legs):
            return s.Migrating(instance, run, plan, dump, last, copy, legs, port)
        case e.MigrationFinished(), s.Migrating(instance, run, plan, dump, last, copy, legs, port):
            return s.Migrated(instance, run, plan, dump, last, copy, legs, port)
        case e.LegFinished(), s.Migrated(instance, run, plan, dump, last, copy, legs, port) as was:
            behind = s.Leg(s.leg_to(was), copy, port)
            return s.Stopping(instance, run, plan, dump, (*legs, behind), last)
        case e.UpgradeSucceeded() as done, s.Migrated() as was:
            return _succeeded(was, done)
        case e.UpgradeFailed(at=at), (s.Planned() | s.BackedUp() | s.Pulled()) as was:
            return s.Idle(_ended(with_dump_kept(was, at), was.run, "failed"))
        case e.UpgradeCancelled(), s.Waiting(instance, run):
            return s.Idle(_ended(instance, run, "cancelled"))
        case (
            e.UpgradeCancelled(at=at),
            (s.Requested() | s.Approved() | s.Planned() | s.BackedUp() | s.Pulled()) as was,
        ):
            return s.Idle(_ended(with_dump_kept(was, at), was.run, "cancelled"))
        case e.RollbackRequested(accept_lost_writes=accept), s.Idle(instance) if (
            instance.succeeded and instance.rollback_point
        ):
            return s.Assessing(instance, instance.succeeded, instance.rollback_point, accept)
        case e.RollbackRefused(), s.Assessing(instance):
            return s.Idle(instance)
        case e.RollbackStarted() as turned, _:
            return _turn_back(state, turned)
        case e.DatabaseRestored(_, kept, last), s.RollingBack(instance, run, back):
            return s.Restored(instance, run, replace(back, last_healthy_at=back.last_healthy_at or last), kept)
        case e.UpgradeRolledBack() as back_again, s.Restored() as was:
            return _returned(was, back_again)
        case e.InstanceInconsistent(problem=problem), s.RollingBack(instance, run, back) | s.Restored(
            instance, run, back
        ):
            return s.Inconsistent(instance, run, back, problem)
        case e.KeptDiscarded(what, name), s.Idle(instance):
            return s.Idle(discarded(instance, what, name))
        case e.KeptDiscarded(what, name), s.Retired(instance):
            return s.Retired(discarded(instance, what, name))
        case _:
            return state


def replay(events: Iterable[e.Event], start: s.State | None = None) -> s.State:
    """Fold events into the state they lead to."""
    return reduce(evolve, events, start or s.Absent())


def _run(asked: e.UpgradeRequested) -> s.Run:
    by = (asked.requested_by,) if asked.requested_by else ()
    return s.Run(asked.upgrade_id, 1, asked.from_version, asked.target, by, asked.emergency, asked.acknowledge_breaking)


def _again(run: s.Run, again: e.UpgradeRetried) -> s.Run:
    more = () if again.retried_by in {"", *run.requesters} else (again.retried_by,)
    return replace(run, attempt=again.attempt, from_version=again.from_version, requesters=(*run.requesters, *more))


def _reviewed(state: s.State, told: e.ReviewRequested | e.UpgradeReviewed | e.ReviewOverdue) -> s.State:
    if isinstance(state, s.Unversioned):
        return state
    review = state.instance.review
    match told:
        case e.ReviewRequested(upgrade_id, until):
            if isinstance(state, s.Idle | s.Retired) or state.run.upgrade_id != upgrade_id:
                return state
            review = DueReview(upgrade_id, state.run.requesters, until)
        case e.UpgradeReviewed(upgrade_id):
            review = None if review and review.upgrade_id == upgrade_id else review
        case e.ReviewOverdue(upgrade_id):
            review = replace(review, overdue=True) if review and review.upgrade_id == upgrade_id else review
    return replace(state, instance=replace(state.instance, review=review))


def _ended(instance: s.Instance, run: s.Run, outcome: Outcome) -> s.Instance:
    return replace(instance, last=s.LastUpgrade(run, outcome))


def _succeeded(state: s.Migrated, event: e.UpgradeSucceeded) -> s.State:
    instance, run = state.instance, state.run
    first, *later = _copies(state)
    point = RollbackPoint(run.upgrade_id, state.plan.old, state.dump, first, event.counters, event.at)
    kept = superseded(instance, LATER_UPGRADE, event.at) + kept_copies(
        instance, later, LATER_LEG, run.upgrade_id, event.at
    )
    last = s.LastUpgrade(run, "succeeded")
    return s.Idle(
        replace(
            instance,
            version=event.version,
            rollback_point=point,
            kept=instance.kept + kept,
            last=last,
            succeeded=run,
            observed=None,
        )
    )


def _copies(state: s.Touched) -> tuple[DatabaseCopy | None, ...]:
    """Return the copies from before each leg, the first of which is the way back of the whole upgrade."""
    behind = tuple(leg.copy for leg in state.legs)
    return (*behind, state.copy) if isinstance(state, s.Copied | s.Migrating | s.Migrated) else (*behind, None)


def _turn_back(state: s.State, event: e.RollbackStarted) -> s.State:
    match state:
        case (
            s.Stopping(instance, run, plan, dump)
            | s.Stopped(instance, run, plan, dump)
            | s.Copied(instance, run, plan, dump)
        ):
            return s.RollingBack(instance, run, _way_back(event.cause, state, plan.old, dump, bool(state.legs)))
        case s.Migrating(instance, run, plan, dump) | s.Migrated(instance, run, plan, dump):
            return s.RollingBack(instance, run, _way_back(event.cause, state, plan.old, dump, migrated=True))
        case s.Assessing(instance, run, point):
            back = s.WayBack(event.cause, point.artifact, point.copy, point.dump, True, None)
            return s.RollingBack(instance, run, back)
        case s.Inconsistent(instance, run, back):
            return s.RollingBack(instance, run, back)
        case _:
            return state


def _way_back(cause: Cause, state: s.Touched, old: Artifact, dump: Dump | None, migrated: bool) -> s.WayBack:
    first, *later = _copies(state)
    return s.WayBack(cause, old, first, dump, migrated, state.last_healthy_at, tuple(copy for copy in later if copy))


def _returned(state: s.Restored, event: e.UpgradeRolledBack) -> s.State:
    instance, run, back = state.instance, state.run, state.back
    if instance.succeeded and instance.succeeded.upgrade_id == run.upgrade_id:
        instance = replace(instance, rollback_point=None, succeeded=None)
    why = "the upgrade was taken back"
    kept = kept_dump(instance, back.dump, why, run.upgrade_id, event.at)
    if state.kept:
        kept += kept_databases(instance, [state.kept], why, run.upgrade_id, event.at)
    if not back.migrated:
        kept += kept_copies(instance, [back.copy], "the rollback did not need it", run.upgrade_id, event.at)
    kept += kept_copies(instance, back.spare, LATER_LEG, run.upgrade_id, event.at)
    last = s.LastUpgrade(run, "rolled_back")
    return s.Idle(replace(instance, version=event.version, kept=instance.kept + kept, last=last, observed=None))
