"""Approvals: who must agree before an upgrade touches anything, and who looks at one that could not wait."""

from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from msgspec import Meta, Struct

from astrolabe.domain.plans.plan import Plan
from astrolabe.domain.words import Moment, Owner, Ticket, TicketPattern

Verdict = Literal["accepted", "objected"]


class ApprovalPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Which upgrades of an instance wait for how many approvers, and for how long, and which ticket each must name."""

    when: Literal["never", "breaking", "always"] = "never"
    """Which upgrades wait for approval; `breaking` also where nobody knows whether a release on the way is breaking."""
    approvers: Annotated[int, Meta(ge=1, le=20)] = 1
    """How many must approve, the requester never among them."""
    expires_hours: Annotated[int, Meta(ge=1, le=24 * 90)] = 72
    """How long a plan waits for its approval, in hours."""
    review_hours: Annotated[int, Meta(ge=1, le=24 * 90)] = 24
    """How soon an emergency upgrade must have been reviewed, in hours."""

    tickets: Annotated[tuple[TicketPattern, ...], Meta(max_length=10)] = ()
    """What the ticket of an upgrade must look like, one of these; empty where an upgrade needs no ticket."""

    def takes(self, ticket: Ticket | None) -> bool:
        """Return whether an upgrade may be asked for with this ticket, or with none."""
        return not self.tickets or (ticket is not None and any(fnmatchcase(ticket, each) for each in self.tickets))

    def asks(self, plan: Plan) -> bool:
        """Return whether an upgrade by this plan needs an approval."""
        match self.when:
            case "never":
                return False
            case "breaking":
                return plan.breaking is None or bool(plan.breaking)
            case "always":
                return True

    def expiry(self, at: Moment) -> Moment:
        """Return when a plan of this moment has waited long enough."""
        return at + timedelta(hours=self.expires_hours)

    def review_by(self, at: Moment) -> Moment:
        """Return when an emergency upgrade planned at this moment must have been reviewed."""
        return at + timedelta(hours=self.review_hours)


class Approval(Struct, frozen=True):
    """One approver's yes."""

    approver: str
    at: Moment
    owner: Owner | None = None


class DueReview(Struct, frozen=True):
    """An emergency upgrade that somebody else must look at, afterwards."""

    upgrade_id: str
    """The emergency upgrade."""
    requesters: tuple[str, ...]
    """The names of the tokens that asked for it, none of which may review it."""
    until: Moment
    """By when it must have been reviewed."""
    overdue: bool = False
    """Whether that time has passed."""
    owners: tuple[Owner, ...] = ()
    """Whose tokens these are, as `person:NAME` or `service:NAME`; no token of theirs may review it either."""
