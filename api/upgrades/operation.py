"""The operation behind an upgrade (AIP-151), folded from its instance's history."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from astrolabe.api.upgrades.agreement import Approvals, ReviewView, approvals_after, review_after
from astrolabe.api.upgrades.progress import Progress, newer
from astrolabe.domain.plans.hand_command import HandCommand
from astrolabe.domain.problem import Problem, Refused
from astrolabe.domain.upgrades import commands
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades.commands import Approve, Cancel, Command, Reject, RequestRollback, Retry
from astrolabe.domain.upgrades.decide import decide
from astrolabe.domain.upgrades.states import Unversioned
from astrolabe.domain.upgrades.steps import FRESH, StepState, steps_after
from astrolabe.domain.upgrades.upgrade_row import DONE, UpgradeRow, UpgradeStatus, upgrade_row
from astrolabe.store.progress import Tick
from astrolabe.store.streams.instances import InstanceRecorded, Loaded


class Result(Struct, frozen=True):
    """How an upgrade ended: the version that runs, the downtime in milliseconds, and whether it can be taken back."""

    version: str
    """The version that runs."""
    downtime_ms: int | None
    """How long nothing answered, in milliseconds; null where nothing was stopped, or nobody knows."""
    rollback_point: bool
    """Whether the upgrade can be taken back."""


class Operation(Struct, frozen=True):
    """An upgrade; `links` name what can be asked of it now."""

    id: str
    """The upgrade's id, a UUID."""
    instance_id: str
    """The instance that is upgraded."""
    attempt: int
    """Which attempt it is, counted from 1."""
    from_version: str
    """The version that it came from."""
    target: str
    """The version that was asked for, perhaps `latest`."""
    to_version: str | None
    """The exact version that it goes to; null before preflight has resolved `latest`."""
    status: UpgradeStatus
    """How far it is, or how it ended."""
    done: bool
    """Whether it has ended."""
    steps: tuple[StepState, ...]
    """How far each step is; `rollback` is among them once it was begun."""
    progress: Progress | None
    """How far the step under way is; null where none is."""
    error: Problem | None
    """What went wrong; null where nothing did."""
    commands: tuple[HandCommand, ...]
    """What brings the instance up by hand, in order, where the way back failed; empty otherwise."""
    result: Result | None
    """How it ended; null before that, and where it ended with an error."""
    ticket: str | None
    """The ticket that it was asked for with; null where none was named."""
    impact: str | None
    """What it means for those who use the instance, as the requester said; null where nothing was said."""
    emergency: bool
    """Whether it runs without its approval, and is reviewed afterwards."""
    approvals: Approvals | None
    """Who must approve, and who has; null where no approval is asked for."""
    review: ReviewView | None
    """The review of an emergency; null where there is none to review."""
    actor: str
    """The name of the token that asked."""
    reason: str
    """Why, as the requester said."""
    requested_at: datetime
    """When it was asked for."""
    updated_at: datetime
    """When its last event was recorded."""
    links: dict[str, str]
    """The paths of what belongs to it, and of the verbs that it would accept now, by name."""


class _Folded(Struct, frozen=True):
    """What the view's row leaves out."""

    running: str = ""
    steps: tuple[StepState, ...] = FRESH
    progress: Progress | None = None
    problem: Problem | None = None
    commands: tuple[HandCommand, ...] = ()
    impact: str | None = None
    emergency: bool = False
    requesters: tuple[str, ...] = ()
    approvals: Approvals | None = None
    review: ReviewView | None = None


def belongs(recorded: InstanceRecorded, upgrade_id: str) -> bool:
    """Return whether an event belongs to this upgrade."""
    return getattr(recorded.event, "upgrade_id", None) == upgrade_id


def operation(loaded: Loaded, upgrade_id: str, tick: Tick | None = None) -> Operation:
    """Fold one upgrade of an instance; `loaded` must hold all of its history.

    `tick` is the last that was shown of its progress beside the log.
    """
    row: UpgradeRow | None = None
    folded = _Folded()
    for recorded in loaded.history:
        if belongs(recorded, upgrade_id):
            row = upgrade_row(row, recorded)
            steps = steps_after(folded.steps, recorded)
            folded = replace(_listen(folded, recorded), steps=steps)
    if row is None:
        raise ValueError(f"upgrade {upgrade_id} is not in the history of {loaded.stream_id}")
    return _operation(loaded, row, replace(folded, progress=newer(folded.progress, row.attempt, tick)))


def _listen(folded: _Folded, recorded: InstanceRecorded) -> _Folded:
    event, at = recorded.event, recorded.recorded_at
    match event:
        case e.UpgradeRequested(from_version=version, requested_by=by, emergency=emergency, impact=impact):
            return _Folded(running=version, impact=impact, emergency=emergency, requesters=(by,))
        case e.UpgradeRetried(from_version=version, retried_by=by):
            requesters = tuple(dict.fromkeys((*folded.requesters, by)))
            kept = _Folded(impact=folded.impact, emergency=folded.emergency, review=folded.review)
            return replace(kept, running=version, requesters=requesters)
        case e.StepStarted(step=step):
            return replace(folded, progress=Progress(step, f"{step} has begun", at))
        case e.StepProgressed(step=step, message=message, done=done, total=total):
            return replace(folded, progress=Progress(step, message, at, done, total))
        case (
            e.UpgradeSucceeded(version=version)
            | e.UpgradeRolledBack(version=version)
            | e.InstanceTakenOver(version=version)
        ):
            return replace(folded, running=version)
        case _:
            folded = replace(
                folded,
                approvals=approvals_after(folded.approvals, event, folded.requesters),
                review=review_after(folded.review, event),
            )
            running = event.version if isinstance(event, e.UpgradeUnwell) else folded.running
            if isinstance(event, e.InstanceInconsistent):
                folded = replace(folded, commands=event.commands)
            return replace(folded, running=running, problem=getattr(event, "problem", None) or folded.problem)


def _operation(loaded: Loaded, row: UpgradeRow, folded: _Folded) -> Operation:
    done = row.status in DONE
    error = folded.problem if row.problem_code else None
    ended = done and (error is None or row.status == "succeeded")
    return Operation(
        id=row.upgrade_id,
        instance_id=row.instance_id,
        attempt=row.attempt,
        from_version=row.from_version,
        target=row.target,
        to_version=row.to_version,
        status=row.status,
        done=done,
        steps=folded.steps,
        progress=None if done else folded.progress,
        error=error,
        commands=folded.commands if row.status == "inconsistent" else (),
        result=Result(folded.running, row.downtime_ms, _can_go_back(loaded, row)) if ended else None,
        ticket=row.ticket,
        impact=folded.impact,
        emergency=folded.emergency,
        approvals=folded.approvals,
        review=folded.review,
        actor=row.actor,
        reason=row.reason,
        requested_at=row.requested_at,
        updated_at=row.updated_at,
        links=_links(loaded, row),
    )


def _can_go_back(loaded: Loaded, row: UpgradeRow) -> bool:
    if isinstance(loaded.state, Unversioned):
        return False
    point = loaded.state.instance.rollback_point
    return point is not None and point.upgrade_id == row.upgrade_id


def _links(loaded: Loaded, row: UpgradeRow) -> dict[str, str]:
    here = f"/upgrades/{row.upgrade_id}"
    links = {"self": here, "events": f"{here}/events", "instance": f"/instances/{row.instance_id}"}
    verbs: dict[str, Command] = {
        "approve": Approve(row.upgrade_id, "", row.updated_at),
        "reject": Reject(row.upgrade_id, "", row.updated_at),
        "review": commands.Review(row.upgrade_id, "", "accepted", row.updated_at),
        "cancel": Cancel(row.upgrade_id, row.updated_at),
        "retry": Retry(row.upgrade_id),
        "rollback": RequestRollback(row.upgrade_id),
    }
    return links | {verb: f"{here}/{verb}" for verb, command in verbs.items() if _would_accept(command, loaded)}


def _would_accept(command: Command, loaded: Loaded) -> bool:
    try:
        return bool(decide(command, loaded.state))
    except Refused:
        return False
