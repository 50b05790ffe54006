"""The verbs on an upgrade: cancel, retry, roll back."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, TypeAlias

from litestar import Response
from litestar.datastructures import ResponseHeader
from litestar.params import Body

from astrolabe.api.http import documentation as doc
from astrolabe.api.http.cause import ReasonBody, ReasonedBody, cause_of, following
from astrolabe.api.http.etag import expected_version
from astrolabe.api.http.idempotency import idempotently, key_of
from astrolabe.api.http.parameters import IdempotencyKey, IfMatch, UpgradeId
from astrolabe.api.http.references import find_upgrade, upgrade_unknown
from astrolabe.api.http.resources import AuthenticatedRequest, resources_of
from astrolabe.api.http.rights import still_reached
from astrolabe.api.http.route import BUSY, CHANGE, ETAG, LOCATION, RETRY_AFTER, post
from astrolabe.api.upgrades.operation import Operation
from astrolabe.api.upgrades.routes import operation_answer
from astrolabe.domain.upgrades.commands import Approve, Cancel, Command, Reject, RequestRollback, Retry, Review
from astrolabe.domain.upgrades.decider import INSTANCE_DECIDER
from astrolabe.store.streams.instances import InstanceClaims, Loaded

Verb: TypeAlias = Approve | Reject | Review | Cancel | Retry | RequestRollback
HEADERS: Sequence[ResponseHeader] = (LOCATION, ETAG, RETRY_AFTER)


class RollbackBody(ReasonBody, frozen=True, forbid_unknown_fields=True):
    """The body that takes an upgrade back."""

    accept_lost_writes: bool = False
    """Go back although writes since the upgrade stay behind in the database kept aside."""


VERB = (*CHANGE, "upgrade-unknown", "upgrade-not-current")
"""The problems of every verb on an upgrade."""


@post(
    "/upgrades/{upgrade_id:str}/cancel",
    summary="Cancel an upgrade",
    tag="upgrades",
    scope="operate",
    narrowed=True,
    status=202,
    headers=HEADERS,
    problems=(*VERB, "cannot-cancel"),
)
async def cancel_upgrade(
    request: AuthenticatedRequest,
    upgrade_id: UpgradeId,
    data: Annotated[ReasonBody | None, Body(examples=doc.example("With a reason", {"reason": "wrong evening"}))] = None,
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response[Operation]:
    """Cancel an upgrade: free before the old version is stopped, a rollback after it."""
    command = Cancel(upgrade_id, datetime.now(UTC))
    return await carry_out(request, command, data or ReasonBody(), idempotency_key, if_match)


@post(
    "/upgrades/{upgrade_id:str}/retry",
    summary="Retry an upgrade",
    tag="upgrades",
    scope="operate",
    narrowed=True,
    status=202,
    headers=HEADERS,
    problems=(
        *VERB,
        "cannot-retry",
        "already-at-version",
        "not-newer",
        "emergency-needless",
        "review-outstanding",
        "ticket-missing",
        "ticket-invalid",
    ),
)
async def retry_upgrade(
    request: AuthenticatedRequest,
    upgrade_id: UpgradeId,
    data: Annotated[ReasonBody | None, Body(examples=doc.example("With a reason", {"reason": "disk freed"}))] = None,
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response[Operation]:
    """Retry an upgrade that has ended, or the way back of an inconsistent instance once a person has acted."""
    command = Retry(upgrade_id, request.auth.name, request.auth.owner)
    return await carry_out(request, command, data or ReasonBody(), idempotency_key, if_match)


@post(
    "/upgrades/{upgrade_id:str}/rollback",
    summary="Roll an upgrade back",
    tag="upgrades",
    scope="operate",
    narrowed=True,
    status=202,
    headers=HEADERS,
    problems=(*VERB, "no-rollback-point", *BUSY),
)
async def roll_back_upgrade(
    request: AuthenticatedRequest,
    upgrade_id: UpgradeId,
    data: Annotated[
        RollbackBody | None,
        Body(examples=doc.example("Whatever was written since", {"accept_lost_writes": True, "reason": "too slow"})),
    ] = None,
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response[Operation]:
    """Take the last succeeded upgrade back.

    Without `accept_lost_writes` the worker refuses where writes made since would stay behind, and says how many.
    """
    body = data or RollbackBody()
    command = RequestRollback(upgrade_id, body.accept_lost_writes)
    return await carry_out(request, command, body, idempotency_key, if_match)


async def carry_out(
    request: AuthenticatedRequest,
    command: Verb,
    body: ReasonBody | ReasonedBody,
    idempotency_key: str | None,
    if_match: str | None,
) -> Response[Operation]:
    """Carry a verb on an upgrade to the log, and answer with the operation as it then is."""
    resources, cause, expected = resources_of(request), cause_of(request, body.reason), expected_version(if_match)
    asked: Command = command

    async def attempt(claims: InstanceClaims) -> Loaded:
        loaded = await find_upgrade(request, command.upgrade_id)
        follows = following(cause, loaded, command.upgrade_id)
        check = still_reached(request, upgrade_unknown())
        return await resources.instances.execute(loaded, asked, follows, if_match=expected, claims=claims, check=check)

    key = key_of(request, idempotency_key, body)
    answered = await idempotently(resources, INSTANCE_DECIDER, key, attempt, 202, upgrade_id=command.upgrade_id)
    return operation_answer(answered)


ROUTES = (cancel_upgrade, retry_upgrade, roll_back_upgrade)
