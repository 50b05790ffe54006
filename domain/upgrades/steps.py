"""How far each step of an upgrade is, folded from its events."""

from datetime import datetime
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from astrolabe.domain.recorded import Recorded
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.words import STEPS, Step

StepStatus = Literal["todo", "running", "done", "failed", "cancelled"]

OUTCOMES: dict[type[e.Event], tuple[Step, StepStatus]] = {
    e.PreflightPassed: ("preflight", "done"),
    e.UpgradeRefused: ("preflight", "failed"),
    e.UpgradeRejected: ("preflight", "failed"),
    e.ApprovalExpired: ("preflight", "failed"),
    e.BackupTaken: ("backup", "done"),
    e.ArtifactPulled: ("pull", "done"),
    e.MigrationFinished: ("migrate", "done"),
    e.UpgradeSucceeded: ("verify", "done"),
    e.UpgradeUnwell: ("verify", "failed"),
    e.RollbackRefused: ("rollback", "failed"),
    e.InstanceInconsistent: ("rollback", "failed"),
    e.UpgradeRolledBack: ("rollback", "done"),
    e.InstanceTakenOver: ("rollback", "done"),
}
"""The facts that a step ends with; a rejected plan is preflight's."""


class StepState(Struct, frozen=True):
    """One step: how far it is, and from when until when it ran."""

    step: Step
    """The step."""
    status: StepStatus = "todo"
    """How far it is."""
    began_at: datetime | None = None
    """When it began; null before that."""
    ended_at: datetime | None = None
    """When it ended; null before that."""


FRESH: tuple[StepState, ...] = tuple(StepState(step) for step in STEPS)


def steps_after(steps: tuple[StepState, ...], recorded: Recorded[e.Event]) -> tuple[StepState, ...]:
    """Return the steps of an upgrade after one of its events; `rollback` is among them once it was begun."""
    at, event = recorded.recorded_at, recorded.event
    if isinstance(event, e.UpgradeResumed | e.UpgradeUnwell):
        steps = _returned(steps, at)
    if outcome := OUTCOMES.get(type(event)):
        return _ended(steps, *outcome, at)
    match event:
        case e.UpgradeRequested() | e.UpgradeRetried():
            steps = FRESH
        case e.StepStarted(step=step):
            steps = _begun(steps, step, at)
        case e.UpgradeFailed(step=step):
            steps = _ended(steps, step, "failed", at)
        case e.LegFinished():
            # The next leg begins at the step migrate again.
            steps = _changed(steps, StepState("verify"))
        case e.UpgradeResumed() if _of(steps, "verify").status != "done":
            steps = _ended(steps, "verify", "done", at)
        case e.UpgradeCancelled():
            steps = _called_off(steps, at)
        case e.RollbackStarted(step=step):
            turned = _ended(steps, step, "failed", at) if step else _called_off(steps, at)
            steps = _begun(turned, "rollback", at)
        case _:
            pass
    return steps


def _begun(steps: tuple[StepState, ...], step: Step, at: datetime) -> tuple[StepState, ...]:
    """Another worker may take a step up again, and every leg does: it began when it first did."""
    known = _of(steps, step)
    began = known.began_at if known.status in {"running", "done"} else at
    return _changed(steps, StepState(step, "running", began))


def _ended(steps: tuple[StepState, ...], step: Step, status: StepStatus, at: datetime) -> tuple[StepState, ...]:
    return _changed(steps, replace(_of(steps, step), status=status, ended_at=at))


def _called_off(steps: tuple[StepState, ...], at: datetime) -> tuple[StepState, ...]:
    """Whatever ran was called off; the way back goes on."""
    return tuple(
        replace(each, status="cancelled", ended_at=at) if each.status == "running" and each.step != "rollback" else each
        for each in steps
    )


def _returned(steps: tuple[StepState, ...], at: datetime) -> tuple[StepState, ...]:
    """End a way back that was begun and called off."""
    running = _of(steps, "rollback").status == "running"
    return _ended(steps, "rollback", "failed", at) if running else steps


def _of(steps: tuple[StepState, ...], step: Step) -> StepState:
    return next((each for each in steps if each.step == step), StepState(step))


def _changed(steps: tuple[StepState, ...], state: StepState) -> tuple[StepState, ...]:
    if all(each.step != state.step for each in steps):
        return (*steps, state)
    return tuple(state if each.step == state.step else each for each in steps)
