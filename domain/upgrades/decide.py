"""`decide(command, state)`: the events that a command leads to, or a refusal."""

from functools import reduce

from astrolabe.domain.plans.rollback_point import Writes
from astrolabe.domain.problem import Refused
from astrolabe.domain.products.version_order import order
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.approving import (
    approve,
    check_emergency,
    check_reason,
    check_ticket,
    gate,
    reject,
    review,
)
from astrolabe.domain.upgrades.commands import (
    Adopt,
    Approve,
    Beginner,
    Cancel,
    Command,
    FailStep,
    Reconfigure,
    Register,
    Reject,
    Rename,
    Report,
    RequestRollback,
    RequestUpgrade,
    Retire,
    Retry,
    Review,
)
from astrolabe.domain.upgrades.evolve import evolve
from astrolabe.domain.upgrades.expected import expected, step_due
from astrolabe.domain.upgrades.instance import Instance, Run
from astrolabe.domain.upgrades.resting import adopt, idle, reconfigure, rename, retire


def decide(command: Command, state: s.State) -> tuple[e.Event, ...]:
    """Decide what follows from a command; raises Refused where it makes no sense in this state."""
    match command:
        case Adopt(now):
            return adopt(state, now)
        case Register(config, version):
            if not isinstance(state, s.Absent):
                raise Refused("instance-exists", "This instance is already registered.")
            return (e.InstanceRegistered(config, version),)
        case Reconfigure():
            return reconfigure(command, state)
        case Rename(name):
            return rename(state, name)
        case Retire():
            return retire(state)
        case RequestUpgrade():
            return _request(command, idle(state))
        case Approve(upgrade_id):
            _latest(state, upgrade_id)
            return approve(command, state)
        case Reject(upgrade_id):
            _latest(state, upgrade_id)
            return reject(command, state)
        case Review():
            return review(command, state)
        case Cancel():
            return _cancel(command, state)
        case Retry():
            return _retry(command, state)
        case RequestRollback():
            return _request_rollback(command, state)
        case FailStep():
            return _fail(command, state)
        case Report():
            return _report(command, state)


def _report(command: Report, state: s.State) -> tuple[e.Event, ...]:
    fact = command.fact
    if not expected(fact, state):
        raise Refused("superseded", f"{type(fact).__name__} does not follow from {type(state).__name__}.")
    events = (fact, *gate(fact, state))
    return (*events, *_begun(command.by, state, reduce(evolve, events, state))) if command.by else events


def _begun(by: Beginner, before: s.State, after: s.State) -> tuple[e.Event, ...]:
    """Return the beginning of the step that is due now and was not before.

    That of the migration is recorded by itself, for it takes the instance further: until then cancelling is free.
    """
    if not isinstance(before, s.Busy) or not isinstance(after, s.Busy) or isinstance(after, s.Pulled):
        return ()
    if step_due(before) == step_due(after):
        return ()
    return (e.StepStarted(after.run.upgrade_id, after.run.attempt, step_due(after), by.worker, by.fence),)


def _request(command: RequestUpgrade, instance: Instance) -> tuple[e.Event, ...]:
    check_target(instance.version, command.target)
    if command.emergency:
        check_emergency(instance, command.upgrade_id)
        check_reason(command)
    if command.ticket or not command.planned_only:
        check_ticket(instance, command.ticket)
    return (
        e.UpgradeRequested(
            command.upgrade_id,
            instance.version,
            command.target,
            command.requested_by,
            command.emergency,
            command.acknowledge_breaking,
            command.ticket,
            command.impact,
            command.owner,
        ),
    )


def check_target(version: str, target: str) -> None:
    """Refuse a target that is not ahead of the running version; `latest` is for preflight to resolve."""
    if target == "latest":
        return
    if order(target) == order(version):
        raise Refused("already-at-version", f"The instance already runs {version}; ask for a newer version.")
    if order(target) < order(version):
        raise Refused(
            "not-newer",
            f"{target} is older than the running {version}; to go back use the rollback of the upgrade that led here.",
        )


def _latest(state: s.State, upgrade_id: str) -> Run:
    """Return the upgrade under way, or else the last; only it can be changed."""
    run = s.run_of(state)
    if isinstance(state, s.Idle | s.Retired) and state.instance.last:
        run = state.instance.last.run
    if run is None or run.upgrade_id != upgrade_id:
        raise Refused("upgrade-not-current", "A later upgrade of this instance exists; only the latest can be changed.")
    return run


def _cancel(command: Cancel, state: s.State) -> tuple[e.Event, ...]:
    run = _latest(state, command.upgrade_id)
    if isinstance(state, s.Waiting | s.Begun):
        return (e.UpgradeCancelled(run.upgrade_id, command.now),)
    if isinstance(state, s.Touched):
        return (e.RollbackStarted(run.upgrade_id, "cancel"),)
    if isinstance(state, s.Returning):
        raise Refused("cannot-cancel", "A rollback is under way and is never interrupted; wait for its end.")
    if isinstance(state, s.Serving):
        raise Refused(
            "cannot-cancel", "Others are let in already; wait for the upgrade's end, then roll it back if you want."
        )
    raise Refused("cannot-cancel", "This upgrade has ended; there is nothing to cancel.")


def _retry(command: Retry, state: s.State) -> tuple[e.Event, ...]:
    run = _latest(state, command.upgrade_id)
    match state:
        case s.Inconsistent():
            return (e.RollbackStarted(run.upgrade_id, "retry"),)
        case s.Idle(instance) if instance.last and instance.last.outcome == "unwell":
            raise Refused(
                "cannot-retry", "This upgrade is past its cutover: mend what is unwell on the host, or roll it back."
            )
        case s.Idle(instance) if instance.last and instance.last.outcome != "succeeded":
            check_target(instance.version, run.target)
            if run.emergency:
                check_emergency(instance, run.upgrade_id)
            check_ticket(instance, run.ticket)
            by = command.retried_by, command.owner
            return (e.UpgradeRetried(run.upgrade_id, run.attempt + 1, instance.version, *by),)
        case _:
            raise Refused("cannot-retry", "Only an upgrade that ended without success can be retried.")


def _request_rollback(command: RequestRollback, state: s.State) -> tuple[e.Event, ...]:
    instance = idle(state)
    if instance.rollback_point is None or instance.rollback_point.upgrade_id != command.upgrade_id:
        raise Refused("no-rollback-point", _why_not_back(instance, command.upgrade_id))
    return (e.RollbackRequested(command.upgrade_id, command.accept_lost_writes),)


def _why_not_back(instance: Instance, upgrade_id: str) -> str:
    last, running = instance.last, instance.succeeded
    if running and any(each.run.upgrade_id == upgrade_id for each in instance.superseded):
        return f"A later upgrade succeeded; take that one back first: {running.upgrade_id}."
    if instance.discarded == upgrade_id:
        return "What takes it back was kept aside while a later upgrade ran, until its retention ended; it is gone."
    if last and last.run.upgrade_id == upgrade_id and last.outcome not in {"succeeded", "unwell"}:
        nothing = f"This upgrade ended {last.outcome.replace('_', ' ')}, and left nothing to take back."
        by = f" What runs came by another, which can be taken back: {running.upgrade_id}." if running else ""
        return nothing + by
    return "Only the upgrade that led to what runs has a rollback point, and only one by Astrolabe; see the history."


def _fail(command: FailStep, state: s.State) -> tuple[e.Event, ...]:
    upgrade_id, step, problem = command.upgrade_id, command.step, command.problem
    if not isinstance(state, s.Busy) or state.run.upgrade_id != upgrade_id or step_due(state) != step:
        raise Refused("superseded", f"A failed {step} does not follow from {type(state).__name__}.")
    match state:
        case s.Requested() | s.Approved():
            return (e.UpgradeRefused(upgrade_id, problem, command.now),)
        case s.Planned() | s.BackedUp() | s.Pulled():
            return (e.UpgradeFailed(upgrade_id, step, problem, command.now),)
        case s.Stopping() | s.Stopped() | s.Copied() | s.Migrating() | s.Migrated() | s.Verified():
            return (e.RollbackStarted(upgrade_id, "failure", step, problem),)
        case s.Serving():
            return (e.UpgradeUnwell(upgrade_id, s.leg_to(state).version, problem, Writes(None), command.now),)
        case s.Assessing():
            return (e.RollbackRefused(upgrade_id, problem, Writes(None)),)
        case s.Resuming(back=back, writes=writes):
            return (e.UpgradeUnwell(upgrade_id, back.to.version, problem, writes, command.now),)
        case s.RollingBack() | s.Restored():
            return (e.InstanceInconsistent(upgrade_id, problem, command.now, command.commands),)
