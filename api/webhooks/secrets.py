"""The routes of a webhook's secret: read what receivers verify with, and rotate it."""

from datetime import datetime, timedelta
from typing import Annotated

from litestar import Response
from litestar.params import Body
from msgspec import Meta, Struct

from astrolabe.api.http import documentation as doc
from astrolabe.api.http.cause import ReasonBody
from astrolabe.api.http.parameters import IdempotencyKey, IfMatch
from astrolabe.api.http.problems import ApiProblem
from astrolabe.api.http.resources import AuthenticatedRequest, resources_of
from astrolabe.api.http.route import CHANGE, ETAG, get, post
from astrolabe.api.webhooks.change import WebhookChange, answer, change, find_webhook, keys_of, now
from astrolabe.api.webhooks.view import WebhookRef, WebhookView
from astrolabe.domain.webhooks.decider import RotateSecret
from astrolabe.domain.webhooks.endpoint import LONGEST_OVERLAP

MOST_HOURS = int(LONGEST_OVERLAP / timedelta(hours=1))
PRIVATE = {"Cache-Control": "no-store"}


class RotateBody(ReasonBody, frozen=True, forbid_unknown_fields=True):
    """The body that gives a webhook a new secret."""

    overlap_hours: Annotated[int, Meta(ge=0, le=MOST_HOURS)] = 24
    """How long the old secret signs too, in hours; 0 where it has leaked."""


class OldSecret(Struct, frozen=True):
    """A secret of before that signs too, for a while."""

    secret: str
    """What receivers verify v1 signatures with."""
    public_key: str
    """What receivers verify v1a signatures with."""
    until: datetime
    """Until when it signs."""


class SecretView(Struct, frozen=True):
    """What a receiver verifies with: `secret` for v1, or `public_key` for v1a."""

    secret: str
    """What receivers verify v1 signatures with."""
    public_key: str
    """What receivers verify v1a signatures with."""
    generation: int
    """Which secret it is, counted from 1."""
    old: tuple[OldSecret, ...]
    """The secrets of before that sign too, the newest first."""


@post(
    "/webhooks/{ref:str}/rotate-secret",
    summary="Rotate a webhook's secret",
    tag="webhooks",
    scope="configure",
    status=200,
    headers=(ETAG,),
    problems=(*CHANGE, "webhook-unknown", "webhook-key-missing"),
)
async def rotate_secret(
    request: AuthenticatedRequest,
    ref: WebhookRef,
    data: Annotated[RotateBody | None, Body(examples=doc.example("It has leaked", {"overlap_hours": 0}))] = None,
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response[WebhookView]:
    """Replace a webhook's secret; for a while deliveries are signed with the old one too."""
    resources, body = resources_of(request), data or RotateBody()
    endpoint = await find_webhook(resources, ref)
    overlap = timedelta(hours=body.overlap_hours)
    command = RotateSecret(endpoint.endpoint_id, keys_of(resources).id, now(), overlap)
    return await answer(
        request, await change(request, WebhookChange(command, body, body.reason, idempotency_key, if_match))
    )


@get(
    "/webhooks/{ref:str}/secret",
    summary="Read a webhook's secret",
    tag="webhooks",
    scope="configure",
    problems=("webhook-unknown", "webhook-key-missing", "webhook-key-changed"),
)
async def show_secret(request: AuthenticatedRequest, ref: WebhookRef) -> Response[SecretView]:
    """Show what a receiver verifies with, and what else signs at this moment."""
    resources = resources_of(request)
    endpoint, keys = await find_webhook(resources, ref), keys_of(resources)
    if endpoint.key_id != keys.id:
        raise ApiProblem(
            "webhook-key-changed",
            "This secret came from another master key than the one here; restore that file, or rotate the secret.",
        )
    until, shown = dict(endpoint.old), keys.verifying(endpoint.endpoint_id, endpoint.generation)
    old = [(keys.verifying(endpoint.endpoint_id, each), until[each]) for each in endpoint.generations(now())[1:]]
    view = SecretView(
        shown.secret,
        shown.public_key,
        endpoint.generation,
        tuple(OldSecret(each.secret, each.public_key, end) for each, end in old),
    )
    return Response(view, headers=PRIVATE)


ROUTES = (rotate_secret, show_secret)
