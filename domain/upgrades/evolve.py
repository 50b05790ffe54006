"""`evolve(state, event)`: what an instance is after an event; it never refuses.

Each group of states has a match of its own. An event that does not follow from a state changes nothing there.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, get_args

from msgspec.structs import replace

from astrolabe.domain.instances.observation import Observation, Unobserved
from astrolabe.domain.plans.approval import Approval, DueReview
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.adopting import unversioned
from astrolabe.domain.upgrades.ending import (
    called_off,
    ended,
    resumed,
    rolled_back,
    succeeded,
    taken_over,
    unwell,
    way_back,
)
from astrolabe.domain.upgrades.instance import Run
from astrolabe.domain.upgrades.retention import aside, discarded
from astrolabe.domain.upgrades.under_way import Downtime, Isolation, Leg, Prepared, WayBack

ReviewEvent: TypeAlias = e.ReviewRequested | e.UpgradeReviewed | e.ReviewOverdue

# A union that is written in a call is made anew by each, which took half of the time of folding a long log.
_REVIEWS = (e.ReviewRequested, e.UpgradeReviewed, e.ReviewOverdue)
_ASKED_FOR = (s.Requested, s.Approved)
_TOUCHED_NOTHING = (s.Planned, s.BackedUp, s.Pulled)


def evolve(state: s.State, event: e.Event) -> s.State:
    """Fold one event into a state."""
    if isinstance(event, _REVIEWS):
        return _reviewed(state, event)
    return _FOLDS[type(state)](state, event)


def _reviewed(state: s.State, event: ReviewEvent) -> s.State:
    # An emergency is reviewed while it is under way, or at any time after.
    if isinstance(state, s.Unversioned):
        return state
    run, due = s.run_of(state), state.instance.review
    match event:
        case e.ReviewRequested(upgrade_id, until) if run and run.upgrade_id == upgrade_id:
            due = DueReview(upgrade_id, run.requesters, until, owners=run.owners)
        case e.UpgradeReviewed(upgrade_id) if due and due.upgrade_id == upgrade_id:
            due = None
        case e.ReviewOverdue(upgrade_id) if due and due.upgrade_id == upgrade_id:
            due = replace(due, overdue=True)
        case _:
            return state
    return s.with_instance(state, replace(state.instance, review=due))


def _at_rest(state: s.Idle | s.Retired, event: e.Event) -> s.State:
    if isinstance(event, e.KeptDiscarded):
        return replace(state, instance=discarded(state.instance, event.what, event.name))
    return state if isinstance(state, s.Retired) else _idle(state, event)


def _idle(state: s.Idle, event: e.Event) -> s.State:
    instance = state.instance
    match event:
        case e.InstanceObserved(version, seen, at):
            ran, observed = instance.seen_running or version is not None, Observation(version, seen, at)
            return s.Idle(replace(instance, observed=observed, unobserved=None, seen_running=ran))
        case e.ObservationFailed(why, since):
            return s.Idle(replace(instance, unobserved=Unobserved(why, since)))
        case e.DriftAccepted(version, at):
            kept = instance.kept + aside(instance, "what runs was changed by hand since", at)
            now = replace(instance, version=version, rollback_point=None, succeeded=None, kept=kept)
            return s.Idle(replace(now, superseded=(), discarded=None))
        case e.InstanceReconfigured(config):
            return s.Idle(replace(instance, config=config, observed=None, unobserved=None))
        case e.InstanceRenamed(name):
            return s.Idle(replace(instance, config=replace(instance.config, name=name)))
        case e.InstanceRetired(name_free):
            return s.Retired(instance, name_free)
        case e.UpgradeRequested():
            return s.Requested(instance, _run(event))
        case e.UpgradeRetried() if instance.last:
            return s.Requested(instance, _again(instance.last.run, event))
        case e.RollbackRequested(accept_lost_writes=accept) if instance.succeeded and instance.rollback_point:
            return s.Assessing(instance, instance.succeeded, instance.rollback_point, accept)
        case _:
            return state


def _run(asked: e.UpgradeRequested) -> Run:
    by = (asked.requested_by,) if asked.requested_by else ()
    return Run(
        asked.upgrade_id,
        1,
        asked.from_version,
        asked.target,
        by,
        asked.emergency,
        asked.acknowledge_breaking,
        asked.ticket,
        (asked.owner,) if asked.owner else (),
    )


def _again(run: Run, again: e.UpgradeRetried) -> Run:
    more = () if again.retried_by in {"", *run.requesters} else (again.retried_by,)
    owners = run.owners if again.owner in {None, *run.owners} else (*run.owners, again.owner)
    requesters = (*run.requesters, *more)
    return replace(run, attempt=again.attempt, from_version=again.from_version, requesters=requesters, owners=owners)


def _waiting(state: s.Waiting, event: e.Event) -> s.State:
    instance, run = state.instance, state.run
    match event:
        case e.UpgradeApproved(missing=0):
            return s.Approved(instance, run, state.plan)
        case e.UpgradeApproved(approver=approver, at=at, owner=owner):
            return replace(state, approvals=(*state.approvals, Approval(approver, at, owner)))
        case e.UpgradeRejected():
            return s.Idle(ended(instance, run, "rejected"))
        case e.ApprovalExpired():
            return s.Idle(ended(instance, run, "expired"))
        case e.UpgradeCancelled():
            return s.Idle(ended(instance, run, "cancelled"))
        case _:
            return state


def _begun(state: s.Begun, event: e.Event) -> s.State:
    match event:
        case e.PreflightPassed(plan=plan, supervisor=supervisor, user=user) if isinstance(state, _ASKED_FOR):
            return s.Planned(replace(state.instance, supervisor=supervisor, user=user), state.run, plan)
        case e.UpgradeRefused() if isinstance(state, _ASKED_FOR):
            return s.Idle(ended(state.instance, state.run, "refused"))
        case e.ApprovalRequested(_, approvers, until) if isinstance(state, s.Planned):
            return s.Waiting(state.instance, state.run, state.plan, approvers, until)
        case e.BackupTaken(dump=dump, files=files) if isinstance(state, s.Planned):
            return s.BackedUp(Prepared(state.instance, state.run, state.plan, dump, files))
        case e.ArtifactPulled() if isinstance(state, s.BackedUp):
            return s.Pulled(state.prepared)
        case e.StepStarted(step="migrate") if isinstance(state, s.Pulled):
            return s.Stopping(state.prepared)
        case e.UpgradeFailed(at=at) if isinstance(state, _TOUCHED_NOTHING):
            return s.Idle(called_off(state, "failed", at))
        case e.UpgradeCancelled(at=at):
            return s.Idle(called_off(state, "cancelled", at))
        case _:
            return state


def _touched(state: s.Touched, event: e.Event) -> s.State:
    match event:
        case e.InstanceStopped(last_healthy_at=at, counters=counters) if isinstance(state, s.Stopping):
            return s.Stopped(state.prepared, replace(state.downtime or Downtime(at), at_stop=counters))
        case e.DatabaseCopied(copy=copy, files=files) if isinstance(state, s.Stopped):
            prepared = replace(state.prepared, files=files) if files else state.prepared
            return s.Copied(prepared, state.downtime, copy)
        case e.CutOver(counters=counters) if isinstance(state, s.Copied):
            return replace(state, downtime=replace(state.downtime, let_in=counters))
        case e.MigrationStarted(_, port, database, isolated) if isinstance(state, s.Copied):
            return s.Migrating(state.prepared, state.downtime, state.copy, Isolation(isolated, port, database))
        case e.MigrationFinished() if isinstance(state, s.Migrating):
            return s.Migrated(state.prepared, state.downtime, state.copy, state.isolation)
        case e.CutOver(counters=counters) if isinstance(state, s.Verified):
            return s.Serving(state.prepared, state.downtime, state.copy, state.isolation, state.checks, counters)
        case e.RollbackStarted(cause=cause):
            return s.RollingBack(state.instance, state.run, way_back(state, cause), s.serving_at_once(state))
        case _:
            return _migrated(state, event) if isinstance(state, s.Migrated) else state


def _migrated(state: s.Migrated, event: e.Event) -> s.State:
    match event:
        case e.LegFinished():
            leg = Leg(s.leg_to(state), state.copy, state.isolation)
            return s.Stopping(state.prepared, Downtime(state.last_healthy_at, (*state.legs, leg)))
        case e.UpgradeVerified(checks=checks):
            return s.Verified(state.prepared, state.downtime, state.copy, state.isolation, checks)
        case e.UpgradeSucceeded():
            return s.Idle(succeeded(state, event))
        case _:
            return state


def _serving(state: s.Serving, event: e.Event) -> s.State:
    match event:
        case e.UpgradeSucceeded():
            return s.Idle(succeeded(state, event))
        case e.UpgradeUnwell():
            return s.Idle(unwell(state, event))
        case e.RollbackStarted(cause=cause):
            return s.RollingBack(state.instance, state.run, way_back(state, cause), state)
        case _:
            return state


def _returning(state: s.Returning | s.Inconsistent, event: e.Event) -> s.State:
    if isinstance(state, s.Assessing):
        return _assessing(state, event)
    return _inconsistent(state, event) if isinstance(state, s.Inconsistent) else _on_the_way(state, event)


def _assessing(state: s.Assessing, event: e.Event) -> s.State:
    match event:
        case e.RollbackRefused():
            return s.Idle(state.instance)
        case e.RollbackStarted(cause=cause, supervisor=supervisor, user=user):
            point = state.point
            back = WayBack(
                cause,
                point.artifact,
                point.copy,
                point.dump,
                migrated=True,
                last_healthy_at=None,
                to=point.successor,
                counters=point.counters,
                may_be_called_off=True,
                accept_lost_writes=state.accept_lost_writes,
                files=point.files,
            )
            user = user or state.instance.user
            return s.RollingBack(replace(state.instance, supervisor=supervisor, user=user), state.run, back)
        case _:
            return state


def _inconsistent(state: s.Inconsistent, event: e.Event) -> s.State:
    match event:
        case e.RollbackStarted():
            again = replace(state.back, left=True, stalled_since=None)
            return s.RollingBack(state.instance, state.run, again, state.serving)
        case e.InstanceReconfigured(config):
            return replace(state, instance=replace(state.instance, config=config))
        case _:
            return state


def _on_the_way(state: s.RollingBack | s.Resuming | s.Restored, event: e.Event) -> s.State:
    match event:
        case e.RollbackStalled(since=since):
            return replace(state, back=replace(state.back, stalled_since=since, left=True))
        case e.UpgradeResumed() | e.UpgradeUnwell() if isinstance(state, s.Resuming):
            return s.Idle(resumed(state, event))
        case e.UpgradeRolledBack() if isinstance(state, s.Restored):
            return s.Idle(rolled_back(state, event))
        case e.InstanceInconsistent(_, problem, commands=commands) if not isinstance(state, s.Resuming):
            serving = state.serving if isinstance(state, s.RollingBack) else None
            return s.Inconsistent(state.instance, state.run, state.back, problem, serving, commands)
        case _:
            return _rolling_back(state, event) if isinstance(state, s.RollingBack) else state


def _rolling_back(state: s.RollingBack, event: e.Event) -> s.State:
    back = replace(state.back, stalled_since=None)
    match event:
        case e.RollbackCalledOff(writes=writes, last_healthy_at=last) if back.may_be_called_off:
            back = replace(back, last_healthy_at=back.last_healthy_at or last)
            return s.Resuming(state.instance, state.run, back, writes, state.serving)
        case e.WritesCounted(writes=writes):
            return replace(state, back=replace(back, last_count=writes))
        case e.DatabaseRestored(_, kept, last, files=files):
            back = replace(back, last_healthy_at=back.last_healthy_at or last)
            return s.Restored(state.instance, state.run, back, kept, files)
        case e.InstanceTakenOver():
            return s.Idle(taken_over(state, event))
        case _:
            return state


_GROUPS: tuple[tuple[object, Callable[[Any, e.Event], s.State]], ...] = (
    (s.Unversioned, unversioned),
    (s.Idle | s.Retired, _at_rest),
    (s.Begun, _begun),
    (s.Touched, _touched),
    (s.Returning, _returning),
)
_FOLDS: Mapping[type[s.State], Callable[[Any, e.Event], s.State]] = {
    **{kind: fold for group, fold in _GROUPS for kind in get_args(group)},
    s.Waiting: _waiting,
    s.Serving: _serving,
    s.Inconsistent: _returning,
}
"""How each state is folded on."""
