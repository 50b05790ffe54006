"""The cause of an append: the token's name as actor, and the caller's reason."""

from msgspec import Struct

from api.services import Asking
from domain.recorded import Cause
from domain.words import Reason

NO_REASON = "no reason given"


class ReasonBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A body that says no more than why."""

    reason: Reason | None = None


class ReasonedBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A body that must say why."""

    reason: Reason


def cause_of(request: Asking, reason: str | None) -> Cause:
    """Say who asks and why."""
    return Cause(request.auth.name, reason or NO_REASON, "api")
