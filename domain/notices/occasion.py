"""Occasions: what people may be notified of, and which events each of them is."""

from typing import Literal, get_args

from msgspec import Struct

from astrolabe.domain.upgrades import events as e

Occasion = Literal["update", "approval", "succeeded", "failed", "taken-back", "unwell", "stuck"]

OCCASIONS: tuple[Occasion, ...] = get_args(Occasion)

MEANINGS: dict[Occasion, str] = {
    "update": "a newer version is known",
    "approval": "an upgrade waits for somebody's approval or review",
    "succeeded": "an upgrade succeeded, with its downtime",
    "failed": "an upgrade did not begin or was given up, and nothing was touched",
    "taken-back": "an upgrade was taken back, and why",
    "unwell": "the new version is unwell after cutover",
    "stuck": "a way back waits or was not possible; an instance is inconsistent, unobserved or not what was registered",
}

OF_EVENTS: dict[type[Struct], Occasion] = {
    e.ApprovalRequested: "approval",
    e.ReviewRequested: "approval",
    e.ReviewOverdue: "approval",
    e.UpgradeSucceeded: "succeeded",
    e.UpgradeRefused: "failed",
    e.UpgradeFailed: "failed",
    e.ApprovalExpired: "failed",
    e.UpgradeRolledBack: "taken-back",
    e.UpgradeUnwell: "unwell",
    e.RollbackStalled: "stuck",
    e.RollbackRefused: "stuck",
    e.RollbackCalledOff: "stuck",
    e.InstanceInconsistent: "stuck",
    e.AdoptionRefused: "stuck",
    e.ObservationFailed: "stuck",
}
"""The occasion that an event is; of all others nobody is notified."""

URGENT: frozenset[type[Struct]] = frozenset({e.UpgradeUnwell, e.RollbackStalled, e.InstanceInconsistent})
"""The events that wait for no hour and no digest: people lose service, or a way back is in doubt."""


def occasion_of(event: Struct) -> Occasion | None:
    """Return which occasion an event is; None where people are not notified of it."""
    return OF_EVENTS.get(type(event))


def is_urgent(event: Struct) -> bool:
    """Return whether an event waits for no hour."""
    return type(event) in URGENT
