"""Changing a webhook: once for each Idempotency-Key, and on the version that the caller saw."""

from datetime import UTC, datetime
from typing import TypeAlias

from litestar import Response

from astrolabe.api.http.changes import RequestedChange, carry_out
from astrolabe.api.http.etag import etag
from astrolabe.api.http.problems import ApiProblem
from astrolabe.api.http.resources import AuthenticatedRequest, Resources, resources_of
from astrolabe.api.webhooks.view import WebhookView, webhook_view
from astrolabe.domain.webhooks.decider import WEBHOOKS_DECIDER, WebhookCommand
from astrolabe.domain.webhooks.endpoint import Endpoint
from astrolabe.store.errors import StoreError
from astrolabe.store.webhooks.keys import WebhookKeys

WebhookChange: TypeAlias = RequestedChange[WebhookCommand]


def now() -> datetime:
    """Return the time that goes into a command."""
    return datetime.now(UTC)


def keys_of(resources: Resources) -> WebhookKeys:
    """Return the keys, made now where nobody needed them before; raises ApiProblem where that cannot be."""
    try:
        return WebhookKeys.open(resources.webhook_settings.key_file)
    except StoreError as error:
        raise ApiProblem("webhook-key-missing", str(error)) from None


async def find_webhook(resources: Resources, ref: str) -> Endpoint:
    """Find a webhook by its id or its name."""
    return (await resources.webhooks.current()).find(ref)


async def change(request: AuthenticatedRequest, asked: WebhookChange, status: int = 200) -> Endpoint | None:
    """Carry a change out, or find what it led to the first time; None where the webhook is no more."""
    webhooks, endpoint_id = resources_of(request).webhooks, asked.command.endpoint_id
    answered = await carry_out(request, webhooks, WEBHOOKS_DECIDER, asked, status, endpoint_id=endpoint_id)
    return answered.loaded.state.by_id.get(answered.response.endpoint_id or "")


async def answer(request: AuthenticatedRequest, endpoint: Endpoint | None, status: int = 200) -> Response[WebhookView]:
    """Answer with a webhook as it is after a change."""
    if endpoint is None:
        raise ApiProblem("webhook-unknown", "The webhook was removed meanwhile; see GET /webhooks.")
    headers = {"ETag": etag(endpoint.version)}
    if status == 201:  # noqa: PLR2004  created
        headers["Location"] = f"/webhooks/{endpoint.endpoint_id}"
    return Response(await webhook_view(resources_of(request), endpoint), status_code=status, headers=headers)
