"""`evolve(state, event)`: what an instance is after an event; it never refuses."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import reduce

from msgspec.structs import replace

from domain import events as e
from domain import states as s
from domain.approval import Approval, DueReview
from domain.rollback_point import Dump, Kept, RollbackPoint
from domain.words import Outcome


def evolve(state: s.State, event: e.Event) -> s.State:
    """Fold one event into a state; an event that does not follow changes nothing."""
    match event, state:
        case e.InstanceRegistered(config, version), s.Absent():
            return s.Idle(s.Instance(config, version))
        case e.InstanceReconfigured(config), s.Idle(it):
            return s.Idle(replace(it, config=config))
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
        case e.InstanceStopped(last_healthy_at=last), s.Stopping(it, run, plan, dump):
            return s.Stopped(it, run, plan, dump, last)
        case e.DatabaseCopied(copy=copy), s.Stopped(it, run, plan, dump, last):
            return s.Copied(it, run, plan, dump, last, copy)
        case e.MigrationStarted(), s.Copied(it, run, plan, dump, last, copy):
            return s.Migrating(it, run, plan, dump, last, copy)
        case e.MigrationFinished(), s.Migrating(it, run, plan, dump, last, copy):
            return s.Migrated(it, run, plan, dump, last, copy)
        case e.UpgradeSucceeded() as done, s.Migrated() as was:
            return _succeeded(was, done)
        case e.UpgradeFailed(at=at), (s.Planned() | s.BackedUp() | s.Pulled()) as was:
            return s.Idle(_ended(_keep_dump(was, at), was.run, "failed"))
        case e.UpgradeCancelled(), s.Waiting(it, run):
            return s.Idle(_ended(it, run, "cancelled"))
        case (
            e.UpgradeCancelled(at=at),
            (s.Requested() | s.Approved() | s.Planned() | s.BackedUp() | s.Pulled()) as was,
        ):
            return s.Idle(_ended(_keep_dump(was, at), was.run, "cancelled"))
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
            return s.Idle(_discard(it, what, name))
        case e.KeptDiscarded(what, name), s.Retired(it):
            return s.Retired(_discard(it, what, name))
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
    if isinstance(state, s.Absent):
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


def _discard(it: s.Instance, what: str, name: str) -> s.Instance:
    return replace(it, kept=tuple(kept for kept in it.kept if (kept.what, kept.name) != (what, name)))


def _until(it: s.Instance, at: datetime) -> datetime:
    return at + timedelta(hours=it.config.retention_hours)


def _kept_dump(it: s.Instance, dump: Dump | None, why: str, upgrade_id: str, at: datetime) -> tuple[Kept, ...]:
    return (Kept("dump", dump.path, why, upgrade_id, _until(it, at)),) if dump else ()


def _keep_dump(state: s.Begun, at: datetime) -> s.Instance:
    dump = state.dump if isinstance(state, s.BackedUp | s.Pulled) else None
    kept = _kept_dump(state.it, dump, "the upgrade it was made for did not happen", state.run.upgrade_id, at)
    return replace(state.it, kept=state.it.kept + kept)


def _superseded(it: s.Instance, at: datetime) -> tuple[Kept, ...]:
    point = it.rollback_point
    if point is None:
        return ()
    why = "a later upgrade left a newer rollback point"
    copies = (Kept("database", point.copy.database, why, point.upgrade_id, _until(it, at)),) if point.copy else ()
    return copies + _kept_dump(it, point.dump, why, point.upgrade_id, at)


def _succeeded(state: s.Migrated, event: e.UpgradeSucceeded) -> s.State:
    it, run = state.it, state.run
    point = RollbackPoint(run.upgrade_id, state.plan.old, state.dump, state.copy, event.counters, event.at)
    kept = it.kept + _superseded(it, event.at)
    last = s.Ended(run, "succeeded")
    return s.Idle(
        replace(it, version=event.version, rollback_point=point, kept=kept, last=last, succeeded=run),
    )


def _turn_back(state: s.State, event: e.RollbackStarted) -> s.State:
    match state:
        case s.Stopping(it, run, plan, dump):
            return s.RollingBack(it, run, s.WayBack(event.cause, plan.old, None, dump, False, None))
        case s.Stopped(it, run, plan, dump, last):
            return s.RollingBack(it, run, s.WayBack(event.cause, plan.old, None, dump, False, last))
        case s.Copied(it, run, plan, dump, last, copy):
            return s.RollingBack(it, run, s.WayBack(event.cause, plan.old, copy, dump, False, last))
        case s.Migrating(it, run, plan, dump, last, copy) | s.Migrated(it, run, plan, dump, last, copy):
            return s.RollingBack(it, run, s.WayBack(event.cause, plan.old, copy, dump, True, last))
        case s.Assessing(it, run, point):
            back = s.WayBack(event.cause, point.artifact, point.copy, point.dump, True, None)
            return s.RollingBack(it, run, back)
        case s.Inconsistent(it, run, back):
            return s.RollingBack(it, run, back)
        case _:
            return state


def _returned(state: s.Restored, event: e.UpgradeRolledBack) -> s.State:
    it, run, back = state.it, state.run, state.back
    if it.succeeded and it.succeeded.upgrade_id == run.upgrade_id:
        it = replace(it, rollback_point=None, succeeded=None)
    why = "the upgrade was taken back"
    kept = _kept_dump(it, back.dump, why, run.upgrade_id, event.at)
    if state.kept:
        kept += (Kept("database", state.kept, why, run.upgrade_id, _until(it, event.at)),)
    if back.copy and not back.migrated:
        unused = "the rollback did not need it"
        kept += (Kept("database", back.copy.database, unused, run.upgrade_id, _until(it, event.at)),)
    return s.Idle(replace(it, version=event.version, kept=it.kept + kept, last=s.Ended(run, "rolled_back")))
