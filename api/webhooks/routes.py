"""The routes of webhooks: add, list, look at, change, enable, disable, remove."""

from typing import Annotated, TypeAlias

from litestar import Response
from litestar.params import Body

from astrolabe.api.http import documentation as doc
from astrolabe.api.http.cause import ReasonBody
from astrolabe.api.http.etag import etag
from astrolabe.api.http.parameters import IdempotencyKey, IfMatch
from astrolabe.api.http.resources import AuthenticatedRequest, resources_of
from astrolabe.api.http.route import BODY, CHANGE, ETAG, KEYED, LOCATION, MATCHED, get, post, put
from astrolabe.api.webhooks.change import WebhookChange, answer, change, find_webhook, keys_of
from astrolabe.api.webhooks.view import (
    EXAMPLE,
    WebhookPage,
    WebhookRef,
    WebhookRequest,
    WebhookView,
    config_of,
    webhook_view,
)
from astrolabe.domain.webhooks.decider import (
    AddEndpoint,
    ChangeEndpoint,
    DisableEndpoint,
    EnableEndpoint,
    RemoveEndpoint,
    WebhookCommand,
)
from astrolabe.store.ids import new_id

Reasoned: TypeAlias = Annotated[ReasonBody | None, Body(examples=doc.example("With a reason", {"reason": "moved"}))]

CONFIG = ("webhook-url-forbidden", "webhook-exists", "instance-unknown")


@post(
    "/webhooks",
    summary="Add a webhook",
    tag="webhooks",
    scope="configure",
    headers=(LOCATION, ETAG),
    problems=(*BODY, *KEYED, *CONFIG, "contended", "webhooks-too-many", "webhook-key-missing"),
)
async def add_webhook(
    request: AuthenticatedRequest,
    data: Annotated[WebhookRequest, Body(examples=doc.example("A chat, in order", EXAMPLE))],
    idempotency_key: IdempotencyKey = None,
) -> Response[WebhookView]:
    """Notify a URL of what happens from here on; GET /webhooks/{ref}/secret says what it verifies with."""
    resources = resources_of(request)
    config = await config_of(request, data)
    command = AddEndpoint(new_id(), config, keys_of(resources).id)
    return await answer(
        request, await change(request, WebhookChange(command, data, data.reason, idempotency_key), 201), 201
    )


@get("/webhooks", summary="List webhooks", tag="webhooks", scope="read")
async def list_webhooks(request: AuthenticatedRequest) -> WebhookPage:
    """List all webhooks by name, and how their deliveries stand."""
    resources = resources_of(request)
    endpoints = (await resources.webhooks.current()).by_id.values()
    ordered = sorted(endpoints, key=lambda each: each.config.name)
    return WebhookPage(tuple([await webhook_view(resources, each) for each in ordered]))


@get(
    "/webhooks/{ref:str}",
    summary="Look at a webhook",
    tag="webhooks",
    scope="read",
    headers=(ETAG,),
    problems=("webhook-unknown",),
)
async def show_webhook(request: AuthenticatedRequest, ref: WebhookRef) -> Response[WebhookView]:
    """Show a webhook as it is now, and how its deliveries stand; never its secret."""
    resources = resources_of(request)
    endpoint = await find_webhook(resources, ref)
    return Response(await webhook_view(resources, endpoint), headers={"ETag": etag(endpoint.version)})


@put(
    "/webhooks/{ref:str}",
    summary="Change a webhook",
    tag="webhooks",
    scope="configure",
    headers=(ETAG,),
    problems=(*BODY, *MATCHED, *CONFIG, "webhook-unknown", "contended"),
)
async def change_webhook(
    request: AuthenticatedRequest,
    ref: WebhookRef,
    data: Annotated[WebhookRequest, Body(examples=doc.example("Everything", {"name": "chat", "url": EXAMPLE["url"]}))],
    if_match: IfMatch = None,
) -> Response[WebhookView]:
    """Change where a webhook is and what it is notified of; what is pending for it is sent as well."""
    resources = resources_of(request)
    endpoint = await find_webhook(resources, ref)
    command = ChangeEndpoint(endpoint.endpoint_id, await config_of(request, data))
    return await answer(request, await change(request, WebhookChange(command, data, data.reason, None, if_match)))


@post(
    "/webhooks/{ref:str}/disable",
    summary="Disable a webhook",
    tag="webhooks",
    scope="configure",
    status=200,
    headers=(ETAG,),
    problems=(*CHANGE, "webhook-unknown"),
)
async def disable_webhook(
    request: AuthenticatedRequest,
    ref: WebhookRef,
    data: Reasoned = None,
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response[WebhookView]:
    """Send nothing to a webhook; what happens is kept for it."""
    endpoint = await find_webhook(resources_of(request), ref)
    return await _verb(request, DisableEndpoint(endpoint.endpoint_id), data, idempotency_key, if_match)


@post(
    "/webhooks/{ref:str}/enable",
    summary="Enable a webhook",
    tag="webhooks",
    scope="configure",
    status=200,
    headers=(ETAG,),
    problems=(*CHANGE, "webhook-unknown"),
)
async def enable_webhook(
    request: AuthenticatedRequest,
    ref: WebhookRef,
    data: Reasoned = None,
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response[WebhookView]:
    """Send a webhook what was kept for it, and what comes."""
    endpoint = await find_webhook(resources_of(request), ref)
    return await _verb(request, EnableEndpoint(endpoint.endpoint_id), data, idempotency_key, if_match)


@post(
    "/webhooks/{ref:str}/remove",
    summary="Remove a webhook",
    tag="webhooks",
    scope="configure",
    status=204,
    problems=(*CHANGE, "webhook-unknown"),
)
async def remove_webhook(
    request: AuthenticatedRequest,
    ref: WebhookRef,
    data: Reasoned = None,
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> None:
    """Remove a webhook, and all that was kept for it; its name is free again."""
    body = data or ReasonBody()
    # Whoever repeats a removal finds nothing under this name; then only the key knows the first answer.
    found = (await resources_of(request).webhooks.current()).known(ref)
    command = RemoveEndpoint(found.endpoint_id if found else ref)
    await change(request, WebhookChange(command, body, body.reason, idempotency_key, if_match), 204)


async def _verb(
    request: AuthenticatedRequest,
    command: WebhookCommand,
    data: ReasonBody | None,
    idempotency_key: str | None,
    if_match: str | None,
) -> Response[WebhookView]:
    body = data or ReasonBody()
    return await answer(
        request, await change(request, WebhookChange(command, body, body.reason, idempotency_key, if_match))
    )


ROUTES = (
    add_webhook,
    list_webhooks,
    show_webhook,
    change_webhook,
    disable_webhook,
    enable_webhook,
    remove_webhook,
)
