"""The routes of deliveries: look at them and their attempts, have them sent again, have a ping sent."""

from typing import Annotated, TypeAlias

from litestar import Response
from litestar.params import Body, PathParameter, QueryParameter
from msgspec import Struct
from msgspec.structs import asdict

from astrolabe.api.http import documentation as doc
from astrolabe.api.http.idempotency import key_of
from astrolabe.api.http.paging import next_page, page_of
from astrolabe.api.http.parameters import AfterId, IdempotencyKey, Limit, is_uuid
from astrolabe.api.http.problems import ApiProblem
from astrolabe.api.http.resources import AuthenticatedRequest, Resources, resources_of
from astrolabe.api.http.route import BODY, LOCATION, get, post
from astrolabe.api.webhooks.change import find_webhook
from astrolabe.api.webhooks.view import WebhookRef
from astrolabe.domain.words import Moment
from astrolabe.store.ids import named_id, new_id
from astrolabe.store.webhooks.deliveries import Attempt, Delivery, DeliveryState

DeliveryId: TypeAlias = Annotated[str, PathParameter(description="A delivery's id, which is its `webhook-id`.")]
OnlyState: TypeAlias = Annotated[
    DeliveryState | None, QueryParameter(name="state", description="Only those in this state.")
]


class DeliveryPage(Struct, frozen=True):
    """A page of deliveries, the newest first, and the link to the next where there is one."""

    items: tuple[Delivery, ...]
    """The deliveries, the newest first."""
    next: str | None = None
    """The path of the next page; null on the last one."""


class DeliveryView(Delivery, frozen=True, kw_only=True):
    """A delivery with every attempt: its status, how long it took, and the beginning of what was answered."""

    tried: tuple[Attempt, ...]
    """Every attempt, the first one first."""


class RecoverBody(Struct, frozen=True, forbid_unknown_fields=True):
    """The body that has deliveries sent again: those of events in a range of time, failed ones or all."""

    since: Moment | None = None
    """Of events recorded at this time or later; null for no bound."""
    until: Moment | None = None
    """Of events recorded before this time; null for no bound."""
    delivered: bool = False
    """Also those that arrived."""


class Recovered(Struct, frozen=True):
    """How many deliveries are sent again."""

    deliveries: int
    """How many deliveries are sent again."""


@get(
    "/webhooks/{ref:str}/deliveries",
    summary="List a webhook's deliveries",
    tag="webhooks",
    scope="read",
    problems=("webhook-unknown", "parameter-invalid"),
)
async def list_deliveries(
    request: AuthenticatedRequest, ref: WebhookRef, only: OnlyState = None, before: AfterId = None, limit: Limit = 100
) -> DeliveryPage:
    """List deliveries, the newest first; those that are over are kept for 30 days."""
    resources = resources_of(request)
    endpoint_id = (await find_webhook(resources, ref)).endpoint_id
    found = await resources.deliveries.list(endpoint_id, state=only, before=before, limit=limit + 1)
    here = f"/webhooks/{endpoint_id}/deliveries"
    items, link = page_of(
        found, limit, lambda last: next_page(here, {"state": only, "before": last.id, "limit": limit})
    )
    return DeliveryPage(items, link)


@get(
    "/webhooks/{ref:str}/deliveries/{delivery_id:str}",
    summary="Look at a delivery",
    tag="webhooks",
    scope="read",
    problems=("webhook-unknown", "delivery-unknown"),
)
async def show_delivery(request: AuthenticatedRequest, ref: WebhookRef, delivery_id: DeliveryId) -> DeliveryView:
    """Show a delivery and each of its attempts."""
    resources = resources_of(request)
    return await _view(resources, (await find_webhook(resources, ref)).endpoint_id, delivery_id)


@post(
    "/webhooks/{ref:str}/deliveries/{delivery_id:str}/redeliver",
    summary="Send a delivery again",
    tag="webhooks",
    scope="configure",
    status=202,
    headers=(LOCATION,),
    problems=("webhook-unknown", "delivery-unknown"),
)
async def redeliver(request: AuthenticatedRequest, ref: WebhookRef, delivery_id: DeliveryId) -> Response[DeliveryView]:
    """Send a delivery again now, under the same `webhook-id`, whether it arrived, failed, or waits for its next try."""
    resources = resources_of(request)
    endpoint_id = (await find_webhook(resources, ref)).endpoint_id
    if not is_uuid(delivery_id) or not await resources.deliveries.again(endpoint_id, delivery_id):
        raise _unknown()
    return _accepted(await _view(resources, endpoint_id, delivery_id), endpoint_id)


@post(
    "/webhooks/{ref:str}/recover",
    summary="Send many deliveries again",
    tag="webhooks",
    scope="configure",
    status=202,
    problems=(*BODY, "webhook-unknown"),
)
async def recover(
    request: AuthenticatedRequest,
    ref: WebhookRef,
    data: Annotated[
        RecoverBody | None,
        Body(examples=doc.example("A lost night", {"since": "2026-01-31T22:00:00Z", "delivered": True})),
    ] = None,
) -> Recovered:
    """Send again what failed, or all that is over, of events recorded in a range of time; each under its own id."""
    resources, body = resources_of(request), data or RecoverBody()
    endpoint_id = (await find_webhook(resources, ref)).endpoint_id
    many = await resources.deliveries.recover(endpoint_id, body.since, body.until, delivered=body.delivered)
    return Recovered(many)


@post(
    "/webhooks/{ref:str}/test",
    summary="Send a ping",
    tag="webhooks",
    scope="configure",
    status=202,
    headers=(LOCATION,),
    problems=("webhook-unknown", "idempotency-key-invalid"),
)
async def send_ping(
    request: AuthenticatedRequest, ref: WebhookRef, idempotency_key: IdempotencyKey = None
) -> Response[DeliveryView]:
    """Send an `astrolabe.ping`, signed and retried as all deliveries are; look at the delivery for what came of it."""
    resources = resources_of(request)
    endpoint_id = (await find_webhook(resources, ref)).endpoint_id
    key = key_of(request, idempotency_key, None)
    message_id = named_id("ping", endpoint_id, key.command_id) if key else new_id()
    await resources.deliveries.ping(endpoint_id, message_id)
    return _accepted(await _view(resources, endpoint_id, message_id), endpoint_id)


async def _view(resources: Resources, endpoint_id: str, delivery_id: str) -> DeliveryView:
    found = await resources.deliveries.one(endpoint_id, delivery_id) if is_uuid(delivery_id) else None
    if found is None:
        raise _unknown()
    delivery, attempts = found
    return DeliveryView(**asdict(delivery), tried=attempts)


def _accepted(view: DeliveryView, endpoint_id: str) -> Response[DeliveryView]:
    return Response(view, headers={"Location": f"/webhooks/{endpoint_id}/deliveries/{view.id}"})


def _unknown() -> ApiProblem:
    return ApiProblem("delivery-unknown", "The webhook has no such delivery; see its list, which reaches back 30 days.")


ROUTES = (list_deliveries, show_delivery, redeliver, recover, send_ping)
