"""Agreement: who must approve or review an upgrade, and who has, folded from its events."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from astrolabe.domain.plans.approval import Verdict
from astrolabe.domain.upgrades import events as e


class Approvals(Struct, frozen=True):
    """Who must agree: how many approvers, none of them a requester, until when, and who has agreed."""

    approvers: int
    """How many must approve."""
    until: datetime
    """When the plan has waited long enough and expires."""
    requesters: tuple[str, ...]
    """The names of the tokens that asked, none of which may approve."""
    approved_by: tuple[str, ...] = ()
    """The names of the tokens that approved."""
    rejected_by: str | None = None
    """The name of the token that rejected; null where none did."""


class ReviewView(Struct, frozen=True):
    """The review of an emergency: until when it is to be made, and by whom it was, with which verdict."""

    until: datetime
    """By when it must have been reviewed."""
    overdue: bool = False
    """Whether that time passed without a review."""
    reviewer: str | None = None
    """The name of the token that reviewed; null before that."""
    verdict: Verdict | None = None
    """What the reviewer thinks; null before that."""


def approvals_after(asked: Approvals | None, event: e.Event, requesters: tuple[str, ...]) -> Approvals | None:
    """Fold an event into who must agree, and who has."""
    match event, asked:
        case e.ApprovalRequested(_, approvers, until), _:
            return Approvals(approvers, until, requesters)
        case e.UpgradeApproved(_, approver), Approvals(approved_by=before):
            return replace(asked, approved_by=(*before, approver))
        case e.UpgradeRejected(_, approver), Approvals():
            return replace(asked, rejected_by=approver)
        case _:
            return asked


def review_after(review: ReviewView | None, event: e.Event) -> ReviewView | None:
    """Fold an event into the review of an emergency."""
    match event, review:
        case e.ReviewRequested(_, until), _:
            return ReviewView(until)
        case e.UpgradeReviewed(_, reviewer, verdict), ReviewView():
            return replace(review, reviewer=reviewer, verdict=verdict)
        case e.ReviewOverdue(), ReviewView():
            return replace(review, overdue=True)
        case _:
            return review
