"""The facts of an upgrade's approval, and of the review of one that could not wait for it."""

from astrolabe.domain.plans.approval import Verdict
from astrolabe.domain.upgrades.upgrade_event import OfUpgrade
from astrolabe.domain.words import Moment, Owner, Sha256


class ApprovalRequested(OfUpgrade, frozen=True, tag="approval_requested"):
    """The plan waits for approvers, none of them a requester."""

    approvers: int
    """How many must approve."""
    until: Moment
    """When the plan has waited long enough and expires."""


class UpgradeApproved(OfUpgrade, frozen=True, tag="upgrade_approved"):
    """Somebody else approved the plan as it stands."""

    approver: str
    """The name of the token that approved."""
    at: Moment
    """When it was approved."""
    missing: int
    """How many more approvers are needed; 0 where the upgrade goes on."""
    plan_sha256: Sha256 | None = None
    """The SHA-256 of the plan that was approved, in hexadecimal; null in a log from before it was recorded."""
    owner: Owner | None = None
    """Whose that token is, as `person:NAME` or `service:NAME`; null where it is nobody's."""


class UpgradeRejected(OfUpgrade, frozen=True, tag="upgrade_rejected"):
    """Somebody rejected the plan; nothing was touched."""

    approver: str
    """The name of the token that rejected."""
    at: Moment
    """When it was rejected."""


class ApprovalExpired(OfUpgrade, frozen=True, tag="approval_expired"):
    """Nobody approved the plan in time; nothing was touched."""

    at: Moment
    """When that was noticed."""


class ReviewRequested(OfUpgrade, frozen=True, tag="review_requested"):
    """An emergency: the upgrade runs without its approval, and somebody else must review it."""

    until: Moment
    """By when it must have been reviewed."""


class UpgradeReviewed(OfUpgrade, frozen=True, tag="upgrade_reviewed"):
    """Somebody else looked at an emergency upgrade, and says what they think of it."""

    reviewer: str
    """The name of the token that reviewed."""
    verdict: Verdict
    """What the reviewer thinks; it changes nothing but the trail."""
    at: Moment
    """When it was reviewed."""
    owner: Owner | None = None
    """Whose that token is, as `person:NAME` or `service:NAME`; null where it is nobody's."""


class ReviewOverdue(OfUpgrade, frozen=True, tag="review_overdue"):
    """Nobody reviewed an emergency upgrade in time."""

    at: Moment
    """When that was noticed."""
