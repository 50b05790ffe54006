"""Headlines: an event in one sentence for whoever sees nothing else of it, with names and versions.

They leave Astrolabe: what was seen, said and typed on a host is not in them, a problem is in them by its code alone.
"""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from astrolabe.domain.problem import Problem
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades.sentences import seconds
from astrolabe.domain.upgrades.subject import Subject

PING_HEADLINE = "Astrolabe: messages arrive."


def headline(event: Struct, subject: Subject | None) -> str:
    """Return an event as one sentence; it names the instance where that is known."""
    about = subject or Subject("an instance", "unknown product")
    say = HEADLINES.get(type(event))
    return f"{about.name} ({about.product}): {say(event, about) if say else 'something happened'}."


def _why(problem: Problem | None) -> str:
    return f" ({problem.code})" if problem else ""


def _down(downtime_ms: int | None) -> str:
    return "" if downtime_ms is None else f", after {seconds(downtime_ms)} of downtime"


def _left(event: e.RollbackStarted) -> str:
    return {"failure": f", because {event.step or 'a step'} failed"}.get(event.cause, "")


HEADLINES: dict[type[Struct], Callable[[Any, Subject], str]] = {
    e.InstanceRegistered: lambda event, _: f"registered, {event.version or 'of a version yet to be detected'}",
    e.AdoptionRequested: lambda _event, _about: "what runs is to be detected again",
    e.AdoptionRefused: lambda event, _: f"not adopted, a person must act{_why(event.problem)}",
    e.InstanceAdopted: lambda event, _: f"adopted, {event.version} runs",
    e.InstanceObserved: lambda event, _: f"{event.version or 'nothing that is known'} was seen running",
    e.ObservationFailed: lambda _event, _about: "cannot be looked at, nobody knows what runs",
    e.DriftAccepted: lambda event, _: f"{event.version}, put there by hand, is the version from here on",
    e.InstanceReconfigured: lambda _event, _about: "reconfigured",
    e.InstanceRenamed: lambda event, _: f"renamed, {event.former} before",
    e.InstanceRetired: lambda _event, _about: "retired",
    e.InstanceInconsistent: lambda event, about: (
        f"INCONSISTENT in {about.upgrade}, a person must act{_why(event.problem)}"
    ),
    e.InstanceTakenOver: lambda event, _: f"{event.version}, brought up by a person, is well and goes on",
    e.UpgradeRequested: lambda event, about: f"{about.upgrade} was asked for{' in an EMERGENCY' * event.emergency}",
    e.UpgradeRetried: lambda event, about: f"{about.upgrade} is tried again, attempt {event.attempt}",
    e.PreflightPassed: lambda _, about: f"{about.upgrade} is planned",
    e.ApprovalRequested: lambda event, about: f"{about.upgrade} waits for {_others(event.approvers)}",
    e.UpgradeApproved: lambda event, about: (
        f"{about.upgrade} was approved by {event.approver}{f', {event.missing} more needed' if event.missing else ''}"
    ),
    e.UpgradeRejected: lambda event, about: f"{about.upgrade} was rejected by {event.approver}",
    e.ApprovalExpired: lambda _, about: f"nobody approved {about.upgrade} in time",
    e.ReviewRequested: lambda _, about: f"{about.upgrade} was an emergency, somebody else must review it",
    e.UpgradeReviewed: lambda event, about: f"{about.upgrade} was reviewed by {event.reviewer}: {event.verdict}",
    e.ReviewOverdue: lambda _, about: f"nobody reviewed {about.upgrade} in time",
    e.StepStarted: lambda event, about: f"{event.step} of {about.upgrade} begins",
    e.InstanceStopped: lambda _event, _about: "stopped, nobody can write",
    e.MigrationFinished: lambda event, about: f"the new version of {about.upgrade} answers{_down(event.downtime_ms)}",
    e.UpgradeVerified: lambda _, about: f"{about.upgrade} is verified",
    e.CutOver: lambda _, about: f"{about.upgrade} is past cutover, others are let in",
    e.UpgradeSucceeded: lambda event, about: f"{about.upgrade} succeeded{_down(event.downtime_ms)}",
    e.UpgradeUnwell: lambda event, about: (
        f"UNWELL after cutover of {about.upgrade}, a person must act{_why(event.problem)}"
    ),
    e.UpgradeRefused: lambda event, about: f"{about.upgrade} was refused, nothing was touched{_why(event.problem)}",
    e.UpgradeFailed: lambda event, about: (
        f"{about.upgrade} failed in {event.step}, nothing was touched{_why(event.problem)}"
    ),
    e.UpgradeCancelled: lambda _, about: f"{about.upgrade} was cancelled",
    e.RollbackRequested: lambda _, about: f"going back on {about.upgrade} was asked for",
    e.RollbackRefused: lambda event, about: f"going back on {about.upgrade} was refused{_why(event.problem)}",
    e.RollbackStarted: lambda event, about: f"{about.upgrade} goes back{_left(event)}{_why(event.problem)}",
    e.RollbackCalledOff: lambda event, about: f"going back on {about.upgrade} was called off{_why(event.problem)}",
    e.UpgradeResumed: lambda event, _: f"{event.version} serves again{_down(event.downtime_ms)}",
    e.RollbackStalled: lambda event, about: f"going back on {about.upgrade} waits{_why(event.problem)}",
    e.UpgradeRolledBack: lambda event, about: (
        f"{about.upgrade} was taken back, {event.version} serves{_down(event.downtime_ms)}"
    ),
}
"""What is said of each event that anybody is notified of."""


def _others(approvers: int) -> str:
    return "somebody else to approve it" if approvers == 1 else f"{approvers} others to approve it"
