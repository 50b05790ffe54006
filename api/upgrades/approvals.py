"""The verbs of those who are not the requester: approve an upgrade, reject it, review one that could not wait."""

from datetime import UTC, datetime
from typing import Annotated

from litestar import Response
from litestar.params import Body

from astrolabe.api.http import documentation as doc
from astrolabe.api.http.cause import ReasonedBody
from astrolabe.api.http.parameters import IdempotencyKey, IfMatch, UpgradeId
from astrolabe.api.http.resources import AuthenticatedRequest
from astrolabe.api.http.route import post
from astrolabe.api.upgrades.operation import Operation
from astrolabe.api.upgrades.verbs import HEADERS, VERB, carry_out
from astrolabe.domain.plans.approval import Verdict
from astrolabe.domain.upgrades.commands import Approve, Reject, Review

WAITING = ("not-awaiting-approval",)


class ReviewBody(ReasonedBody, frozen=True, forbid_unknown_fields=True):
    """The body that reviews an emergency upgrade: a verdict, and a reason."""

    verdict: Verdict
    """What you think of it; it changes nothing but the trail."""


@post(
    "/upgrades/{upgrade_id:str}/approve",
    summary="Approve an upgrade",
    tag="approvals",
    scope="approve",
    narrowed=True,
    status=202,
    headers=HEADERS,
    problems=(*VERB, *WAITING, "approver-is-requester", "already-approved", "approval-expired"),
)
async def approve_upgrade(
    request: AuthenticatedRequest,
    upgrade_id: UpgradeId,
    data: Annotated[ReasonedBody, Body(examples=doc.example("With a reason", {"reason": "CHG-4711, read the notes"}))],
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response[Operation]:
    """Approve the plan of an upgrade that somebody else asked for; an If-Match ties the approval to what was read."""
    command = Approve(upgrade_id, request.auth.name, datetime.now(UTC), request.auth.owner)
    return await carry_out(request, command, data, idempotency_key, if_match)


@post(
    "/upgrades/{upgrade_id:str}/reject",
    summary="Reject an upgrade",
    tag="approvals",
    scope="approve",
    narrowed=True,
    status=202,
    headers=HEADERS,
    problems=(*VERB, *WAITING),
)
async def reject_upgrade(
    request: AuthenticatedRequest,
    upgrade_id: UpgradeId,
    data: Annotated[ReasonedBody, Body(examples=doc.example("With a reason", {"reason": "not in the holiday week"}))],
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response[Operation]:
    """Reject the plan of an upgrade; one rejection ends it, with nothing touched."""
    command = Reject(upgrade_id, request.auth.name, datetime.now(UTC))
    return await carry_out(request, command, data, idempotency_key, if_match)


@post(
    "/upgrades/{upgrade_id:str}/review",
    summary="Review an emergency upgrade",
    tag="approvals",
    scope="approve",
    narrowed=True,
    status=202,
    headers=HEADERS,
    problems=(*VERB, "no-review-due", "approver-is-requester"),
)
async def review_upgrade(
    request: AuthenticatedRequest,
    upgrade_id: UpgradeId,
    data: Annotated[
        ReviewBody, Body(examples=doc.example("All well", {"verdict": "accepted", "reason": "the exploit was public"}))
    ],
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response[Operation]:
    """Review an emergency upgrade that somebody else ran; it changes nothing but the trail."""
    command = Review(upgrade_id, request.auth.name, data.verdict, datetime.now(UTC), request.auth.owner)
    return await carry_out(request, command, data, idempotency_key, if_match)


ROUTES = (approve_upgrade, reject_upgrade, review_upgrade)
