"""Webhooks: whether a command on endpoints is allowed, and what endpoints are after an event."""

from datetime import datetime, timedelta
from typing import Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from astrolabe.domain.decider import Decider
from astrolabe.domain.problem import Refused
from astrolabe.domain.webhooks.endpoint import (
    DisableCause,
    Endpoint,
    EndpointAdded,
    EndpointChanged,
    EndpointConfig,
    EndpointDisabled,
    EndpointEnabled,
    EndpointRemoved,
    Endpoints,
    SecretRotated,
    WebhookEvent,
)

MOST_ENDPOINTS = 64
"""How many endpoints there may be at once: each has connections of its own, so that none waits for another."""

MOST_OLD_SECRETS = 5
"""How many old secrets may sign beside the newest: each makes the header of a delivery longer."""


class AddEndpoint(Struct, frozen=True):
    """Notify an endpoint from here on; its name stays unique among those that there are."""

    endpoint_id: str
    config: EndpointConfig
    key_id: str


class ChangeEndpoint(Struct, frozen=True):
    """Notify an endpoint elsewhere, or of something else."""

    endpoint_id: str
    config: EndpointConfig


class RotateSecret(Struct, frozen=True):
    """Replace the secret of an endpoint; the old one signs too for a while."""

    endpoint_id: str
    key_id: str
    now: datetime
    overlap: timedelta


class DisableEndpoint(Struct, frozen=True):
    """Send nothing to an endpoint."""

    endpoint_id: str
    why: DisableCause = "asked"


class EnableEndpoint(Struct, frozen=True):
    """Send to an endpoint again."""

    endpoint_id: str


class RemoveEndpoint(Struct, frozen=True):
    """Forget an endpoint."""

    endpoint_id: str


WebhookCommand: TypeAlias = (
    AddEndpoint | ChangeEndpoint | RotateSecret | DisableEndpoint | EnableEndpoint | RemoveEndpoint
)


def decide(command: WebhookCommand, endpoints: Endpoints) -> tuple[WebhookEvent, ...]:
    """Decide what follows from a command on endpoints; nothing where it is so already, Refused where it cannot be."""
    if isinstance(command, AddEndpoint):
        return _add(command, endpoints)
    return _change(command, endpoints.find(command.endpoint_id), endpoints)


def _add(command: AddEndpoint, endpoints: Endpoints) -> tuple[WebhookEvent, ...]:
    if len(endpoints.by_id) >= MOST_ENDPOINTS:
        raise Refused(
            "webhooks-too-many", f"There are {MOST_ENDPOINTS} webhooks, which is all there may be; remove one."
        )
    _name_is_free(command.config.name, command.endpoint_id, endpoints)
    return (EndpointAdded(command.endpoint_id, command.config, command.key_id),)


def _change(
    command: ChangeEndpoint | RotateSecret | DisableEndpoint | EnableEndpoint | RemoveEndpoint,
    endpoint: Endpoint,
    endpoints: Endpoints,
) -> tuple[WebhookEvent, ...]:
    endpoint_id = endpoint.endpoint_id
    match command:
        case ChangeEndpoint(config=config):
            _name_is_free(config.name, endpoint_id, endpoints)
            return () if config == endpoint.config else (EndpointChanged(endpoint_id, config),)
        case RotateSecret(key_id=key_id, now=now, overlap=overlap):
            return (SecretRotated(endpoint_id, endpoint.generation + 1, now + overlap, key_id),)
        case DisableEndpoint(why=why):
            return () if endpoint.disabled else (EndpointDisabled(endpoint_id, why),)
        case EnableEndpoint():
            return (EndpointEnabled(endpoint_id),) if endpoint.disabled else ()
        case RemoveEndpoint():
            return (EndpointRemoved(endpoint_id),)


def _name_is_free(name: str, endpoint_id: str, endpoints: Endpoints) -> None:
    if any(each.config.name == name and each.endpoint_id != endpoint_id for each in endpoints.by_id.values()):
        raise Refused("webhook-exists", f"A webhook named {name} exists; change that one, or choose another name.")


def evolve(endpoints: Endpoints, event: WebhookEvent) -> Endpoints:
    """Fold one event into the endpoints that there are."""
    if isinstance(event, EndpointAdded):
        return _with(endpoints, Endpoint(event.endpoint_id, event.config, event.key_id))
    before = endpoints.by_id.get(event.endpoint_id)
    if before is None:
        return endpoints
    if isinstance(event, EndpointRemoved):
        return Endpoints({key: each for key, each in endpoints.by_id.items() if key != event.endpoint_id})
    return _with(endpoints, replace(_after(before, event), version=before.version + 1))


def _after(before: Endpoint, event: EndpointChanged | SecretRotated | EndpointDisabled | EndpointEnabled) -> Endpoint:
    match event:
        case EndpointChanged(config=config):
            return replace(before, config=config)
        case SecretRotated(generation=generation, old_until=until, key_id=key_id):
            # An earlier overlap never outlasts a later one: who rotates without overlap wants the old secrets gone.
            ending = tuple((each, min(end, until)) for each, end in before.old)
            old = ((before.generation, until), *ending)[:MOST_OLD_SECRETS]
            # What came from another master key cannot be made any more.
            return replace(before, generation=generation, old=old if key_id == before.key_id else (), key_id=key_id)
        case EndpointDisabled(why=why):
            return replace(before, disabled=why)
        case EndpointEnabled():
            return replace(before, disabled=None)


def _with(endpoints: Endpoints, endpoint: Endpoint) -> Endpoints:
    return Endpoints({**endpoints.by_id, endpoint.endpoint_id: endpoint})


WEBHOOKS_DECIDER: Final[Decider[WebhookCommand, Endpoints, WebhookEvent]] = Decider(Endpoints(), decide, evolve)
