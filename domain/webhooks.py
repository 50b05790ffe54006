"""Webhooks: the endpoints that are told of events, a stream of their own."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import reduce
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct
from msgspec.structs import replace

from domain.problem import Refused
from domain.words import END, Moment, Name

WEBHOOKS_STREAM = "00000000-0000-7000-8000-000000000002"
"""The one stream that all endpoints are recorded in."""

MOST_ENDPOINTS = 64
"""How many endpoints there may be at once: each has connections of its own, so that none waits for another."""

LONGEST_OVERLAP = timedelta(days=7)

Url = Annotated[
    str,
    Meta(
        pattern=rf"^https?://[\x21-\x7e]{{1,2000}}{END}",
        description="an absolute http or https URL in ASCII, without user or password",
    ),
]
EventType = Annotated[
    str, Meta(pattern=rf"^astrolabe\.[a-z_.]{{1,60}}{END}", description="a type of GET /webhooks/types")
]
InstanceId = Annotated[
    str, Meta(pattern=rf"^[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}{END}", description="an instance's id")
]
DisableCause = Literal["asked", "gone", "failing"]


class EndpointConfig(Struct, frozen=True):
    """Where an endpoint is and what it is told: every type and every instance where it names none."""

    name: Name
    url: Url
    types: Annotated[tuple[EventType, ...], Meta(max_length=100)] = ()
    instances: Annotated[tuple[InstanceId, ...], Meta(max_length=500)] = ()
    ordered: bool = False


class EndpointAdded(Struct, frozen=True, tag="endpoint_added"):
    """An endpoint is told from here on; `key_id` names the master key that its secret comes from, and is no secret."""

    endpoint_id: str
    config: EndpointConfig
    key_id: str


class EndpointChanged(Struct, frozen=True, tag="endpoint_changed"):
    """The endpoint is elsewhere, or is told something else, from here on."""

    endpoint_id: str
    config: EndpointConfig


class SecretRotated(Struct, frozen=True, tag="secret_rotated"):
    """The endpoint has a secret of the next generation; the one before signs too until `old_until`."""

    endpoint_id: str
    generation: int
    old_until: Moment
    key_id: str


class EndpointDisabled(Struct, frozen=True, tag="endpoint_disabled"):
    """Nothing is sent to the endpoint from here on; what happens is kept for it."""

    endpoint_id: str
    why: DisableCause


class EndpointEnabled(Struct, frozen=True, tag="endpoint_enabled"):
    """The endpoint is sent what was kept for it, and what comes."""

    endpoint_id: str


class EndpointRemoved(Struct, frozen=True, tag="endpoint_removed"):
    """The endpoint is no more, nor what was kept for it."""

    endpoint_id: str


WebhookEvent: TypeAlias = (
    EndpointAdded | EndpointChanged | SecretRotated | EndpointDisabled | EndpointEnabled | EndpointRemoved
)


class Endpoint(Struct, frozen=True):
    """An endpoint as it is now; `version` counts its events, `old` are generations that still sign, until when."""

    endpoint_id: str
    config: EndpointConfig
    key_id: str
    version: int = 1
    generation: int = 1
    old: tuple[tuple[int, datetime], ...] = ()
    disabled: DisableCause | None = None

    def generations(self, now: datetime) -> tuple[int, ...]:
        """Give the generations of the secret that sign at a time, the newest first."""
        return (self.generation, *(generation for generation, until in self.old if until > now))


class Endpoints(Struct, frozen=True):
    """All endpoints that there are, by id."""

    by_id: dict[str, Endpoint] = {}

    def known(self, ref: str) -> Endpoint | None:
        """Find an endpoint by its id or its name."""
        return self.by_id.get(ref) or next((each for each in self.by_id.values() if each.config.name == ref), None)

    def find(self, ref: str) -> Endpoint:
        """Find an endpoint by its id or its name; raises Refused where there is none."""
        if found := self.known(ref):
            return found
        raise Refused("webhook-unknown", "No webhook is known by this id or name; see GET /webhooks.")


class AddEndpoint(Struct, frozen=True):
    """Tell an endpoint from here on; its name stays unique among those that there are."""

    endpoint_id: str
    config: EndpointConfig
    key_id: str


class ChangeEndpoint(Struct, frozen=True):
    """Tell an endpoint elsewhere, or something else."""

    endpoint_id: str
    config: EndpointConfig


class RotateSecret(Struct, frozen=True):
    """Give an endpoint a new secret; the old one signs too for a while."""

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


def decide_webhooks(command: WebhookCommand, endpoints: Endpoints) -> tuple[WebhookEvent, ...]:
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


def evolve_webhooks(endpoints: Endpoints, event: WebhookEvent) -> Endpoints:
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
            old = tuple((each, min(end, until)) for each, end in before.old)
            return replace(before, generation=generation, old=((before.generation, until), *old)[:5], key_id=key_id)
        case EndpointDisabled(why=why):
            return replace(before, disabled=why)
        case EndpointEnabled():
            return replace(before, disabled=None)


def _with(endpoints: Endpoints, endpoint: Endpoint) -> Endpoints:
    return Endpoints({**endpoints.by_id, endpoint.endpoint_id: endpoint})


def replay_webhooks(events: Iterable[WebhookEvent], start: Endpoints | None = None) -> Endpoints:
    """Fold events into the endpoints that there are."""
    return reduce(evolve_webhooks, events, start or Endpoints())
