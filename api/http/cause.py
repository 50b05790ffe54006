"""The cause of an append: the token's name as actor, and the caller's reason."""

from msgspec import Struct
from msgspec.structs import replace

from astrolabe.api.http.resources import AuthenticatedRequest
from astrolabe.domain.recorded import NO_REASON, Cause
from astrolabe.domain.words import Reason
from astrolabe.store.streams.instances import Loaded


class ReasonBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A body with nothing but a reason, which may be left out."""

    reason: Reason | None = None
    """Why, for the audit trail, which shows null as no reason given."""


class ReasonedBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A body with nothing but a reason."""

    reason: Reason
    """Why, for the audit trail."""


def cause_of(request: AuthenticatedRequest, reason: str | None) -> Cause:
    """Return who asks and why."""
    return Cause(request.auth.name, reason or NO_REASON, "api")


def following(cause: Cause, loaded: Loaded, upgrade_id: str) -> Cause:
    """Return the cause of a command on an upgrade, which follows from the last event of its instance."""
    return replace(cause, causation_id=loaded.history[-1].event_id, correlation_id=upgrade_id)
