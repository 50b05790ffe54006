"""Changing a webhook: once for each Idempotency-Key, and on the version that the caller saw."""

from datetime import UTC, datetime

from litestar import Response
from msgspec import Struct

from astrolabe.api.http.cause import cause_of
from astrolabe.api.http.etag import etag, expected_version
from astrolabe.api.http.idempotency import StoredResponse, claim, key_of, stored_response_of
from astrolabe.api.http.problems import ApiProblem
from astrolabe.api.http.services import AuthenticatedRequest, Services, services_of
from astrolabe.api.webhooks.view import WebhookView, webhook_view
from astrolabe.domain.problem import Refused
from astrolabe.domain.webhooks.decider import WebhookCommand
from astrolabe.domain.webhooks.endpoint import WEBHOOKS_STREAM, Endpoint, Endpoints
from astrolabe.store.errors import AlreadyClaimed, StoreError
from astrolabe.store.streams.instances import WrongVersion
from astrolabe.store.streams.webhooks import fold
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


def keys_of(services: Services) -> WebhookKeys:
    """Return the keys, made now where nobody needed them before; raises ApiProblem where that cannot be."""
    try:
        return WebhookKeys.open(services.webhook_settings.key_file)
    except StoreError as error:
        raise ApiProblem("webhook-key-missing", str(error)) from None


async def find_webhook(services: Services, ref: str) -> Endpoint:
    """Find a webhook by its id or its name."""
    return (await services.webhooks.current()).find(ref)


async def change(request: AuthenticatedRequest, asked: RequestedChange, status: int = 200) -> Endpoint | None:
    """Carry a change out, or find what it led to the first time; None where the webhook is no more."""
    services = services_of(request)
    key = key_of(request, asked.idempotency_key, asked.body)
    try:
        await services.webhooks.execute(
            asked.command,
            cause_of(request, asked.reason),
            if_match=expected_version(asked.if_match),
            claims=lambda version: claim(key, StoredResponse(status, version)),
        )
    except (AlreadyClaimed, Refused, WrongVersion) as error:
        again = await stored_response_of(services, key) if key else None
        if again is None:
            raise _told(error) from None
        return await _as_it_was(services, again[1].version)
    return (await services.webhooks.current()).by_id.get(asked.command.endpoint_id)


def _told(error: Exception) -> Exception:
    if isinstance(error, WrongVersion):
        return ApiProblem(
            "version-mismatch",
            f"The webhook is at version {error.version} by now; read it again, and decide on what is now so.",
            headers={"ETag": etag(error.version)},
            version=error.version,
        )
    return error


async def _as_it_was(services: Services, version: int) -> Endpoint | None:
    history = await services.log.read_stream_at(WEBHOOKS_STREAM, version=version)
    endpoints: Endpoints = fold(history)
    return endpoints.by_id.get(getattr(history[-1].event, "endpoint_id", ""))


async def answer(request: AuthenticatedRequest, endpoint: Endpoint | None, status: int = 200) -> Response[WebhookView]:
    """Answer with a webhook as it is after a change."""
    if endpoint is None:
        raise ApiProblem("webhook-unknown", "The webhook was removed meanwhile; see GET /webhooks.")
    headers = {"ETag": etag(endpoint.version)}
    if status == 201:  # noqa: PLR2004  created
        headers["Location"] = f"/webhooks/{endpoint.endpoint_id}"
    return Response(await webhook_view(services_of(request), endpoint), status_code=status, headers=headers)
