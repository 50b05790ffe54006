"""`evolve(state, event)`: what an instance is after an event; it never refuses."""

from collections.abc import Iterable
from functools import reduce

from msgspec.structs import replace

from domain import events as e
from domain import states as s
from domain.approval import Approval, DueReview
from domain.instance import in_kind
from domain.keeping import discarded, kept_copies, kept_databases, kept_dump, superseded, with_dump_kept
from domain.observation import Observation
from domain.plan import Artifact
from domain.rollback_point import DatabaseCopy, Dump, RollbackPoint
from domain.words import Cause, Outcome

LATER_LEG = "the rollback point of a later leg"
LATER_UPGRADE = "a later upgrade left a newer rollback point"


def evolve(state: s.State, event: e.Event) -> s.State:
    """Fold one event into a state; an event that does not follow changes nothing."""
    match event, state:
        case e.InstanceRegistered(config, version), s.Absent():
            return s.Idle(s.Instance(config, version)) if version else s.Adopting(s.Newcomer(config), 1)
        case e.AdoptionRequested(), s.Unadopted(it, attempt):
            return s.Adopting(it, attempt + 1)
        case e.InstanceReconfigured(config), s.Adopting(_, attempt) | s.Unadopted(_, attempt):
            return s.Adopting(s.Newcomer(config), attempt + 1)
        case e.InstanceAdopted() as found, s.Adopting(it):
            seen = Observation(found.version, found.seen, found.at)
            return s.Idle(s.Instance(in_kind(it.config, found.kind) or it.config, found.version, observed=seen))
        case e.AdoptionRefused(_, problem), s.Adopting(it, attempt):
            return s.Unadopted(it, attempt, problem)
        case e.InstanceRetired(), s.Adopting(it) | s.Unadopted(it):
            return s.Withdrawn(it)
        case e.InstanceObserved(version, seen, at), s.Idle(it):
            return s.Idle(replace(it, observed=Observation(version, seen, at)))
        case e.DriftAccepted(version, at), s.Idle(it):
            kept = it.kept + superseded(it, "what runs was changed by hand since", at)
            return s.Idle(replace(it, version=version, rollback_point=None, succeeded=None, kept=kept))
        case e.InstanceReconfigured(config), s.Idle(it):
            return s.Idle(replace(it, config=config, observed=None))
        case e.InstanceRetired(), s.Idle(it):
            return s.Retired(it)
        case e.UpgradeRequested() as asked, s.Idle(it):
            return s.Requested(it, _run(asked))
        case e.UpgradeRetried() as again, s.Idle(it) if it.last:
            return s.Requested(it, _again(it.last.run, again))
        case e.ApprovalRequested(_, approvers, until), s.Planned(it, run, plan):
            return s.Waiting(it, run, plan, approvers, until)
        case e.UpgradeApproved(_, approver, at, missing), s.Waiting(it, run, plan) as was:
            more = replace(was, approvals=(*was.approvals, Approval(approver, at)))
            return more if missing else s.Approved(it, run, plan)
        case e.UpgradeRejected(), s.Waiting(it, run):
            return s.Idle(_ended(it, run, "rejected"))
        case e.ApprovalExpired(), s.Waiting(it, run):
            return s.Idle(_ended(it, run, "expired"))
        case (e.ReviewRequested() | e.UpgradeReviewed() | e.ReviewOverdue()) as told, _:
            return _reviewed(state, told)
        case e.StepStarted(step="migrate"), s.Pulled(it, run, plan, dump):
            return s.Stopping(it, run, plan, dump)
        case e.PreflightPassed(plan=plan), s.Requested(it, run) | s.Approved(it, run):
            return s.Planned(it, run, plan)
        case e.UpgradeRefused(), s.Requested(it, run) | s.Approved(it, run):
            return s.Idle(_ended(it, run, "refused"))
        case e.BackupTaken(dump=dump), s.Planned(it, run, plan):
            return s.BackedUp(it, run, plan, dump)
        case e.ArtifactPulled(), s.BackedUp(it, run, plan, dump):
            return s.Pulled(it, run, plan, dump)
        case e.InstanceStopped(last_healthy_at=last), s.Stopping(it, run, plan, dump, legs, since):
            return s.Stopped(it, run, plan, dump, since or last, legs)
        case e.DatabaseCopied(copy=copy), s.Stopped(it, run, plan, dump, last, legs):
            return s.Copied(it, run, plan, dump, last, copy, legs)
        case e.MigrationStarted(port=port), s.Copied(it, run, plan, dump, last, copy, legs):
            return s.Migrating(it, run, plan, dump, last, copy, legs, port)
        case e.MigrationFinished(), s.Migrating(it, run, plan, dump, last, copy, legs, port):
            return s.Migrated(it, run, plan, dump, last, copy, legs, port)
        case e.LegFinished(), s.Migrated(it, run, plan, dump, last, copy, legs, port) as was:
            behind = s.Leg(s.leg_to(was), copy, port)
            return s.Stopping(it, run, plan, dump, (*legs, behind), last)
        case e.UpgradeSucceeded() as done, s.Migrated() as was:
            return _succeeded(was, done)
        case e.UpgradeFailed(at=at), (s.Planned() | s.BackedUp() | s.Pulled()) as was:
            return s.Idle(_ended(with_dump_kept(was, at), was.run, "failed"))
        case e.UpgradeCancelled(), s.Waiting(it, run):
            return s.Idle(_ended(it, run, "cancelled"))
        case (
            e.UpgradeCancelled(at=at),
            (s.Requested() | s.Approved() | s.Planned() | s.BackedUp() | s.Pulled()) as was,
        ):
            return s.Idle(_ended(with_dump_kept(was, at), was.run, "cancelled"))
        case e.RollbackRequested(accept_lost_writes=accept), s.Idle(it) if it.succeeded and it.rollback_point:
            return s.Assessing(it, it.succeeded, it.rollback_point, accept)
        case e.RollbackRefused(), s.Assessing(it):
            return s.Idle(it)
        case e.RollbackStarted() as turned, _:
            return _turn_back(state, turned)
        case e.DatabaseRestored(_, kept, last), s.RollingBack(it, run, back):
            return s.Restored(it, run, replace(back, last_healthy_at=back.last_healthy_at or last), kept)
        case e.UpgradeRolledBack() as back_again, s.Restored() as was:
            return _returned(was, back_again)
        case e.InstanceInconsistent(problem=problem), s.RollingBack(it, run, back) | s.Restored(it, run, back):
            return s.Inconsistent(it, run, back, problem)
        case e.KeptDiscarded(what, name), s.Idle(it):
            return s.Idle(discarded(it, what, name))
        case e.KeptDiscarded(what, name), s.Retired(it):
            return s.Retired(discarded(it, what, name))
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
    review = state.it.review
    match told:
        case e.ReviewRequested(upgrade_id, until):
            if isinstance(state, s.Idle | s.Retired) or state.run.upgrade_id != upgrade_id:
                return state
            review = DueReview(upgrade_id, state.run.requesters, until)
        case e.UpgradeReviewed(upgrade_id):
            review = None if review and review.upgrade_id == upgrade_id else review
        case e.ReviewOverdue(upgrade_id):
            review = replace(review, overdue=True) if review and review.upgrade_id == upgrade_id else review
    return replace(state, it=replace(state.it, review=review))


def _ended(it: s.Instance, run: s.Run, outcome: Outcome) -> s.Instance:
    return replace(it, last=s.Ended(run, outcome))


def _succeeded(state: s.Migrated, event: e.UpgradeSucceeded) -> s.State:
    it, run = state.it, state.run
    first, *later = _copies(state)
    point = RollbackPoint(run.upgrade_id, state.plan.old, state.dump, first, event.counters, event.at)
    kept = superseded(it, LATER_UPGRADE, event.at) + kept_copies(it, later, LATER_LEG, run.upgrade_id, event.at)
    last = s.Ended(run, "succeeded")
    return s.Idle(
        replace(
            it,
            version=event.version,
            rollback_point=point,
            kept=it.kept + kept,
            last=last,
            succeeded=run,
            observed=None,
        )
    )


def _copies(state: s.Touched) -> tuple[DatabaseCopy | None, ...]:
    """Give the copies from before each leg, the first of which is the way back of the whole upgrade."""
    behind = tuple(leg.copy for leg in state.legs)
    return (*behind, state.copy) if isinstance(state, s.Copied | s.Migrating | s.Migrated) else (*behind, None)


def _turn_back(state: s.State, event: e.RollbackStarted) -> s.State:
    match state:
        case s.Stopping(it, run, plan, dump) | s.Stopped(it, run, plan, dump) | s.Copied(it, run, plan, dump):
            return s.RollingBack(it, run, _way_back(event.cause, state, plan.old, dump, bool(state.legs)))
        case s.Migrating(it, run, plan, dump) | s.Migrated(it, run, plan, dump):
            return s.RollingBack(it, run, _way_back(event.cause, state, plan.old, dump, migrated=True))
        case s.Assessing(it, run, point):
            back = s.WayBack(event.cause, point.artifact, point.copy, point.dump, True, None)
            return s.RollingBack(it, run, back)
        case s.Inconsistent(it, run, back):
            return s.RollingBack(it, run, back)
        case _:
            return state


def _way_back(cause: Cause, state: s.Touched, old: Artifact, dump: Dump | None, migrated: bool) -> s.WayBack:
    first, *later = _copies(state)
    return s.WayBack(cause, old, first, dump, migrated, state.last_healthy_at, tuple(copy for copy in later if copy))


def _returned(state: s.Restored, event: e.UpgradeRolledBack) -> s.State:
    it, run, back = state.it, state.run, state.back
    if it.succeeded and it.succeeded.upgrade_id == run.upgrade_id:
        it = replace(it, rollback_point=None, succeeded=None)
    why = "the upgrade was taken back"
    kept = kept_dump(it, back.dump, why, run.upgrade_id, event.at)
    if state.kept:
        kept += kept_databases(it, [state.kept], why, run.upgrade_id, event.at)
    if not back.migrated:
        kept += kept_copies(it, [back.copy], "the rollback did not need it", run.upgrade_id, event.at)
    kept += kept_copies(it, back.spare, LATER_LEG, run.upgrade_id, event.at)
    last = s.Ended(run, "rolled_back")
    return s.Idle(replace(it, version=event.version, kept=it.kept + kept, last=last, observed=None))
