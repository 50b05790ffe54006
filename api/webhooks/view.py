"""A webhook as callers send it and see it."""

import asyncio
from datetime import datetime
from typing import Annotated, TypeAlias

from litestar.params import PathParameter
from msgspec import Meta, Struct

from astrolabe.api.http.problems import ApiProblem, FieldError
from astrolabe.api.http.references import find_instance
from astrolabe.api.http.resources import AuthenticatedRequest, Resources, resources_of
from astrolabe.domain.webhooks.endpoint import DisableCause, Endpoint, EndpointConfig, EventType, Url
from astrolabe.domain.webhooks.notification import ALL_TYPES
from astrolabe.domain.webhooks.web_address import Forbidden, check_addresses, parse_url
from astrolabe.domain.words import Name, Reason
from astrolabe.store.resolving import resolve

WebhookRef: TypeAlias = Annotated[str, PathParameter(description="A webhook's id or name.")]

RESOLVE_SECONDS = 10.0
EXAMPLE = {
    "name": "chat",
    "url": "https://hooks.example.com/astrolabe",
    "types": ["astrolabe.upgrade.succeeded", "astrolabe.upgrade.rolled_back"],
    "ordered": True,
    "reason": "keep the team informed",
}


class WebhookRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The body that adds or changes a webhook; it is notified of every type and instance where it names none.

    The URL stays in the log for ever: it is no place for a secret.
    """

    name: Name
    """The webhook's name, unique among those that there are: lower case letters, digits and -."""
    url: Url
    """Where its notifications are posted to, without user or password; it stays in the log for ever, and is no place
    for a secret."""
    types: Annotated[tuple[EventType, ...], Meta(max_length=100)] = ()
    """The types of notifications that it is sent; all where it names none."""
    instances: Annotated[tuple[Annotated[str, Meta(max_length=100)], ...], Meta(max_length=500)] = ()
    """The ids or names of the instances that it is notified of; all where it names none."""
    ordered: bool = False
    """Send an instance's next notification only after the one before was delivered or given up."""
    reason: Reason | None = None
    """Why, for the audit trail, which shows null as no reason given."""


class WebhookView(Struct, frozen=True):
    """A webhook as it is now; `failing_since` is when the first attempt failed after the last one that did not."""

    id: str
    """The webhook's id, a UUID."""
    name: str
    """Its name."""
    url: str
    """Where its notifications are posted to."""
    types: tuple[str, ...]
    """The types of notifications that it is sent; all where it names none."""
    instances: tuple[str, ...]
    """The ids of the instances that it is notified of; all where it names none."""
    ordered: bool
    """Whether an instance's next notification is sent only after the one before was delivered or given up."""
    disabled: DisableCause | None
    """Why nothing is sent to it: somebody asked, it answered that it is gone, or it failed for too long; null where it
    is enabled."""
    failing_since: datetime | None
    """When the first attempt failed after the last one that did not; null where the last one did not."""
    pending: int
    """How many deliveries wait for an attempt."""
    failed: int
    """How many deliveries were given up."""
    version: int
    """How many events it has, which the ETag is made of."""
    links: dict[str, str]
    """The paths of what belongs to it, by name."""


class WebhookPage(Struct, frozen=True):
    """All webhooks, by name."""

    items: tuple[WebhookView, ...]
    """The webhooks, by name."""


async def config_of(request: AuthenticatedRequest, data: WebhookRequest) -> EndpointConfig:
    """Return what a webhook is to be notified of; raises ApiProblem where that is impossible or not allowed."""
    if unknown := [each for each in data.types if each not in ALL_TYPES]:
        message = f"{unknown[0]} is no type; see GET /webhooks/types"
        raise ApiProblem("field-invalid", f"{message}.", errors=(FieldError("types", message),))
    await _check_url(resources_of(request), data.url)
    instances = [(await find_instance(request, each)).stream_id for each in data.instances]
    types = tuple(each for each in ALL_TYPES if each in data.types)
    return EndpointConfig(data.name, data.url, types, tuple(dict.fromkeys(instances)), data.ordered)


async def _check_url(resources: Resources, url: str) -> None:
    # Only to refuse at once what would fail later: each attempt resolves and checks anew.
    try:
        address = parse_url(url)
        async with asyncio.timeout(RESOLVE_SECONDS):
            found = await resolve(address.host)
        check_addresses(address, found, resources.webhook_settings.allowed)
    except Forbidden as error:
        raise ApiProblem("webhook-url-forbidden", str(error), errors=(FieldError("url", str(error)),)) from None
    except TimeoutError:
        message = "The address of the URL's host was not found in time; correct the name, or try again later."
        raise ApiProblem("webhook-url-forbidden", message, errors=(FieldError("url", message),)) from None


async def webhook_view(resources: Resources, endpoint: Endpoint) -> WebhookView:
    """Show a webhook, and how its deliveries stand."""
    config, here = endpoint.config, f"/webhooks/{endpoint.endpoint_id}"
    counts = await resources.deliveries.counts(endpoint.endpoint_id)
    return WebhookView(
        endpoint.endpoint_id,
        config.name,
        config.url,
        config.types,
        config.instances,
        config.ordered,
        endpoint.disabled,
        await resources.deliveries.fails_since(endpoint.endpoint_id),
        counts["pending"],
        counts["failed"],
        endpoint.version,
        {"self": here, "deliveries": f"{here}/deliveries", "secret": f"{here}/secret"},
    )
