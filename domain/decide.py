"""`decide(command, state)`: the events that a command leads to, or a refusal."""

import semver

from domain import events as e
from domain import states as s
from domain.commands import (
    Cancel,
    Command,
    FailStep,
    Reconfigure,
    Register,
    Report,
    RequestRollback,
    RequestUpgrade,
    Retire,
    Retry,
)
from domain.problem import Refused
from domain.rollback_point import Writes
from domain.words import Step


def decide(command: Command, state: s.State) -> tuple[e.Event, ...]:
    """Decide what follows from a command; raises Refused where it makes no sense in this state."""
    match command:
        case Register(config, version):
            if not isinstance(state, s.Absent):
                raise Refused("instance-exists", "This instance is already registered.")
            return (e.InstanceRegistered(config, version),)
        case Reconfigure(config):
            return _reconfigure(command, _idle(state))
        case Retire():
            _idle(state)
            return (e.InstanceRetired(),)
        case RequestUpgrade(upgrade_id, target):
            it = _idle(state)
            check_target(it.version, target)
            return (e.UpgradeRequested(upgrade_id, it.version, target),)
        case Cancel():
            return _cancel(command, state)
        case Retry():
            return _retry(command, state)
        case RequestRollback():
            return _request_rollback(command, state)
        case FailStep():
            return _fail(command, state)
        case Report(fact):
            if not expected(fact, state):
                raise Refused("superseded", f"{type(fact).__name__} does not follow from {type(state).__name__}.")
            return (fact,)


def check_target(version: str, target: str) -> None:
    """Refuse a target that is not ahead of the running version; `latest` is for preflight to resolve."""
    if target == "latest":
        return
    order = semver.Version.parse(target).compare(version)
    if order == 0:
        raise Refused("already-at-version", f"The instance already runs {version}; ask for a newer version.")
    if order < 0:
        raise Refused(
            "not-newer",
            f"{target} is older than the running {version}; to go back use the rollback of the upgrade that led here.",
        )


def _idle(state: s.State) -> s.Instance:
    match state:
        case s.Idle(it):
            return it
        case s.Absent():
            raise Refused("instance-unknown", "No instance is registered under this id; see GET /instances.")
        case s.Retired():
            raise Refused("instance-retired", "This instance was retired; register it anew under another name.")
        case s.Inconsistent(run=run, problem=problem):
            raise Refused("instance-inconsistent", f"{problem.todo} Then retry the upgrade.", upgrade_id=run.upgrade_id)
        case _:
            raise Refused(
                "instance-busy",
                f"Upgrade {state.run.upgrade_id} is under way on this instance; wait for it or cancel it.",
                upgrade_id=state.run.upgrade_id,
            )


def _reconfigure(command: Reconfigure, it: s.Instance) -> tuple[e.Event, ...]:
    old, new = it.config, command.config
    for word in ("name", "product", "kind"):
        if getattr(old, word) != getattr(new, word):
            raise Refused("fixed-at-registration", f"The {word} of an instance is fixed when it is registered.")
    return () if old == new else (e.InstanceReconfigured(new),)


def _run_of(state: s.State, upgrade_id: str) -> s.Run:
    match state:
        case s.Absent():
            run = None
        case s.Idle(it) | s.Retired(it):
            run = it.last.run if it.last else None
        case _:
            run = state.run
    if run is None or run.upgrade_id != upgrade_id:
        raise Refused("upgrade-not-current", "A later upgrade of this instance exists; only the latest can be changed.")
    return run


def _cancel(command: Cancel, state: s.State) -> tuple[e.Event, ...]:
    run = _run_of(state, command.upgrade_id)
    match state:
        case s.Requested() | s.Planned() | s.BackedUp() | s.Pulled():
            return (e.UpgradeCancelled(run.upgrade_id, command.now),)
        case s.Stopping() | s.Stopped() | s.Copied() | s.Migrating() | s.Migrated():
            return (e.RollbackStarted(run.upgrade_id, "cancel"),)
        case s.Assessing() | s.RollingBack() | s.Restored():
            raise Refused("cannot-cancel", "A rollback is under way and is never interrupted; wait for its end.")
        case _:
            raise Refused("cannot-cancel", "This upgrade has ended; there is nothing to cancel.")


def _retry(command: Retry, state: s.State) -> tuple[e.Event, ...]:
    run = _run_of(state, command.upgrade_id)
    match state:
        case s.Inconsistent():
            return (e.RollbackStarted(run.upgrade_id, "retry"),)
        case s.Idle(it) if it.last and it.last.outcome != "succeeded":
            check_target(it.version, run.target)
            return (e.UpgradeRetried(run.upgrade_id, run.attempt + 1, it.version),)
        case _:
            raise Refused("cannot-retry", "Only an upgrade that ended without success can be retried.")


def _request_rollback(command: RequestRollback, state: s.State) -> tuple[e.Event, ...]:
    it = _idle(state)
    if it.rollback_point is None or it.rollback_point.upgrade_id != command.upgrade_id:
        raise Refused(
            "no-rollback-point", "Only the last upgrade that succeeded has a rollback point; see the history."
        )
    return (e.RollbackRequested(command.upgrade_id, command.accept_lost_writes),)


def _fail(command: FailStep, state: s.State) -> tuple[e.Event, ...]:
    upgrade_id, step, problem = command.upgrade_id, command.step, command.problem
    if (
        isinstance(state, s.Absent | s.Idle | s.Retired | s.Inconsistent)
        or state.run.upgrade_id != upgrade_id
        or step_due(state) != step
    ):
        raise Refused("superseded", f"A failed {step} does not follow from {type(state).__name__}.")
    match state:
        case s.Requested():
            return (e.UpgradeRefused(upgrade_id, problem, command.now),)
        case s.Planned() | s.BackedUp() | s.Pulled():
            return (e.UpgradeFailed(upgrade_id, step, problem, command.now),)
        case s.Stopping() | s.Stopped() | s.Copied() | s.Migrating() | s.Migrated():
            return (e.RollbackStarted(upgrade_id, "failure", step, problem),)
        case s.Assessing():
            return (e.RollbackRefused(upgrade_id, problem, Writes(None)),)
        case s.RollingBack() | s.Restored():
            return (e.InstanceInconsistent(upgrade_id, problem, command.now),)


def expected(fact: e.Fact, state: s.State) -> bool:
    """Tell whether a worker may report this fact in this state."""
    if isinstance(fact, e.KeptDiscarded):
        return isinstance(state, s.Idle | s.Retired) and any(
            (kept.what, kept.name) == (fact.what, fact.name) for kept in state.it.kept
        )
    if isinstance(state, s.Absent | s.Idle | s.Retired | s.Inconsistent) or state.run.upgrade_id != fact.upgrade_id:
        return False
    if isinstance(fact, e.StepStarted | e.StepProgressed):
        return fact.step == step_due(state)
    return isinstance(state, FOLLOWS[type(fact)]) and _holds(fact, state)


def _holds(fact: e.Fact, state: s.Busy) -> bool:
    match fact, state:
        case e.PreflightPassed(plan=plan), s.Requested(it, run):
            return plan.old.version == it.version and run.target in {"latest", plan.new.version}
        case ((e.BackupTaken(dump=made) | e.DatabaseCopied(copy=made)), _):
            # No way on without a way back: an instance with a database is dumped and copied.
            return (made is None) == (state.it.config.database is None)
        case e.UpgradeSucceeded(version=version), s.Migrated(plan=plan):
            return version == plan.new.version
        case e.UpgradeRolledBack(version=version), s.Restored(back=back):
            return version == back.artifact.version
        case _:
            return True


def step_due(state: s.Busy) -> Step:
    """Name the step that is due, as the user knows it."""
    match state:
        case s.Requested():
            return "preflight"
        case s.Planned():
            return "backup"
        case s.BackedUp():
            return "pull"
        case s.Pulled() | s.Stopping() | s.Stopped() | s.Copied() | s.Migrating():
            return "migrate"
        case s.Migrated():
            return "verify"
        case s.Assessing() | s.RollingBack() | s.Restored():
            return "rollback"


FOLLOWS: dict[type[e.Fact], type[s.State]] = {
    e.PreflightPassed: s.Requested,
    e.UpgradeRefused: s.Requested,
    e.BackupTaken: s.Planned,
    e.ArtifactPulled: s.BackedUp,
    e.InstanceStopped: s.Stopping,
    e.DatabaseCopied: s.Stopped,
    e.MigrationStarted: s.Copied,
    e.MigrationFinished: s.Migrating,
    e.UpgradeSucceeded: s.Migrated,
    e.RollbackRefused: s.Assessing,
    e.RollbackStarted: s.Assessing,
    e.DatabaseRestored: s.RollingBack,
    e.UpgradeRolledBack: s.Restored,
}
"""Which state each fact of a worker belongs to; whatever is not here follows from nothing."""
