"""The row of an upgrade in the list views: a pure function of its events, so that a rebuild gives the same."""

from datetime import datetime
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from astrolabe.domain.recorded import Recorded
from astrolabe.domain.upgrades import events as e

UpgradeStatus = Literal[
    "requested",
    "preflight",
    "awaiting_approval",
    "approved",
    "backup",
    "pull",
    "migrate",
    "verify",
    "rolling_back",
    "succeeded",
    "refused",
    "rejected",
    "expired",
    "failed",
    "cancelled",
    "rolled_back",
    "inconsistent",
    "unwell",
]
DONE: frozenset[UpgradeStatus] = frozenset(
    {"succeeded", "refused", "rejected", "expired", "failed", "cancelled", "rolled_back", "inconsistent", "unwell"}
)


class UpgradeRow(Struct, frozen=True):
    """An upgrade in a list, and the operation behind `GET /upgrades/{id}`."""

    upgrade_id: str
    """The upgrade's id, a UUID."""
    instance_id: str
    """The instance that is upgraded."""
    from_version: str
    """The version that it came from."""
    target: str
    """The version that was asked for, perhaps `latest`."""
    to_version: str | None
    """The exact version that it goes to; null before preflight has resolved `latest`."""
    status: UpgradeStatus
    """How far it is, or how it ended."""
    attempt: int
    """Which attempt it is, counted from 1."""
    actor: str
    """The name of the token that asked."""
    reason: str
    """Why, as the requester said."""
    requested_at: datetime
    """When it was asked for."""
    updated_at: datetime
    """When its last event was recorded."""
    downtime_ms: int | None = None
    """How long nothing answered, in milliseconds; null before that was measured."""
    problem_code: str | None = None
    """What went wrong, in a stable word; null where nothing did."""
    problem_detail: str | None = None
    """What went wrong, in a sentence; null where nothing did."""
    stream_version: int = 0
    """How many events its instance's stream had after its last event."""
    unwell: bool = False
    """Whether the new version was found unwell after cutover."""
    ticket: str | None = None
    """The ticket that it was asked for with; null where none was named."""


def upgrade_row(row: UpgradeRow | None, recorded: Recorded[e.Event]) -> UpgradeRow | None:
    """Return the row of an upgrade after this event; None where the event belongs to no upgrade."""
    event = recorded.event
    if isinstance(event, e.UpgradeRequested):
        cause = recorded.cause
        return UpgradeRow(
            event.upgrade_id,
            recorded.stream_id,
            event.from_version,
            event.target,
            None if event.target == "latest" else event.target,
            "requested",
            1,
            cause.actor,
            cause.reason,
            recorded.recorded_at,
            recorded.recorded_at,
            stream_version=recorded.version,
            ticket=event.ticket,
        )
    if row is None:
        return None
    return replace(_changed(row, event), updated_at=recorded.recorded_at, stream_version=recorded.version)


def _changed(row: UpgradeRow, event: e.Event) -> UpgradeRow:  # noqa: PLR0911, PLR0912, C901  one arm an event
    match event:
        case e.UpgradeRetried(_, attempt, from_version):
            return replace(
                row,
                status="requested",
                attempt=attempt,
                from_version=from_version,
                downtime_ms=None,
                problem_code=None,
                problem_detail=None,
                unwell=False,
            )
        case e.StepStarted(step=step) if step != "rollback":
            return replace(row, status=step)
        case e.PreflightPassed(plan=plan):
            return replace(row, to_version=plan.new.version)
        case e.ApprovalRequested():
            return replace(row, status="awaiting_approval")
        case e.UpgradeApproved(missing=0):
            return replace(row, status="approved")
        case e.UpgradeRejected():
            return replace(row, status="rejected")
        case e.ApprovalExpired():
            return replace(row, status="expired")
        case e.MigrationFinished(downtime_ms=downtime_ms):
            return replace(row, downtime_ms=downtime_ms)
        case e.UpgradeSucceeded(downtime_ms=downtime_ms):
            return replace(row, status="succeeded", downtime_ms=downtime_ms or row.downtime_ms)
        case e.UpgradeUnwell(problem=problem):
            what = replace(row, status="unwell", downtime_ms=None, unwell=True)
            return replace(what, problem_code=problem.code, problem_detail=problem.detail)
        case e.UpgradeCancelled():
            return replace(row, status="cancelled")
        case e.UpgradeRefused(problem=problem):
            return replace(row, status="refused", problem_code=problem.code, problem_detail=problem.detail)
        case e.UpgradeFailed(problem=problem):
            return replace(row, status="failed", problem_code=problem.code, problem_detail=problem.detail)
        case e.InstanceInconsistent(problem=problem):
            return replace(row, status="inconsistent", problem_code=problem.code, problem_detail=problem.detail)
        case e.RollbackRequested():
            return replace(row, status="rolling_back", problem_code=None, problem_detail=None)
        case e.RollbackRefused(problem=problem):
            status: UpgradeStatus = "unwell" if row.unwell else "succeeded"
            return replace(row, status=status, problem_code=problem.code, problem_detail=problem.detail)
        case e.RollbackCalledOff(problem=problem):
            return replace(row, problem_code=problem.code, problem_detail=problem.detail)
        case e.UpgradeResumed():
            return replace(row, status="succeeded", unwell=False)
        case e.RollbackStarted(problem=problem) if problem:
            return replace(row, status="rolling_back", problem_code=problem.code, problem_detail=problem.detail)
        case e.RollbackStarted():
            return replace(row, status="rolling_back")
        case e.UpgradeRolledBack(downtime_ms=downtime_ms):
            return replace(row, status="rolled_back", downtime_ms=downtime_ms)
        case e.InstanceTakenOver(version=version):
            ended: UpgradeStatus = "rolled_back" if version == row.from_version else "succeeded"
            return replace(row, status=ended, downtime_ms=None)
        case _:
            return row
