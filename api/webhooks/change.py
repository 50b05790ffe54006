"""Changing a webhook: once for each Idempotency-Key, and on the version that the caller saw."""

from datetime import UTC, datetime

from litestar import Response
from msgspec import Struct

from astrolabe.api.http.cause import cause_of
from astrolabe.api.http.etag import etag, expected_version
from astrolabe.api.http.idempotency import idempotently, key_of
from astrolabe.api.http.problems import ApiProblem
from astrolabe.api.http.resources import AuthenticatedRequest, Resources, resources_of
from astrolabe.api.webhooks.view import WebhookView, webhook_view
from astrolabe.domain.webhooks.decider import WEBHOOKS_DECIDER, WebhookCommand
from astrolabe.domain.webhooks.endpoint import Endpoint, Endpoints, WebhookEvent
from astrolabe.store.errors import StoreError
from astrolabe.store.streams.stream import ClaimsFor
from astrolabe.store.streams.webhooks import LoadedWebhooks
from astrolabe.store.webhooks.keys import WebhookKeys


class RequestedChange(Struct, frozen=True):
    """A change as it was asked for: the command, the body it came in, and the headers that go with it."""

    command: WebhookCommand
    body: object
    reason: str | None
    idempotency_key: str | None
    if_match: str | None = None


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


async def change(request: AuthenticatedRequest, asked: RequestedChange, status: int = 200) -> Endpoint | None:
    """Carry a change out, or find what it led to the first time; None where the webhook is no more."""
    resources = resources_of(request)
    cause, expected = cause_of(request, asked.reason), expected_version(asked.if_match)

    async def attempt(claims: ClaimsFor[Endpoints, WebhookEvent]) -> LoadedWebhooks:
        return await resources.webhooks.execute(asked.command, cause, if_match=expected, claims=claims)

    key, endpoint_id = key_of(request, asked.idempotency_key, asked.body), asked.command.endpoint_id
    answered = await idempotently(resources, WEBHOOKS_DECIDER, key, attempt, status, endpoint_id=endpoint_id)
    return answered.loaded.state.by_id.get(answered.response.endpoint_id or "")


async def answer(request: AuthenticatedRequest, endpoint: Endpoint | None, status: int = 200) -> Response[WebhookView]:
    """Answer with a webhook as it is after a change."""
    if endpoint is None:
        raise ApiProblem("webhook-unknown", "The webhook was removed meanwhile; see GET /webhooks.")
    headers = {"ETag": etag(endpoint.version)}
    if status == 201:  # noqa: PLR2004  created
        headers["Location"] = f"/webhooks/{endpoint.endpoint_id}"
    return Response(await webhook_view(resources_of(request), endpoint), status_code=status, headers=headers)
