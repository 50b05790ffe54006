"""Endpoints: who is notified of events, and the events of the one stream that they are recorded in."""

from datetime import datetime, timedelta
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

from astrolabe.domain.problem import Refused
from astrolabe.domain.words import END, Moment, Name

LONGEST_OVERLAP = timedelta(days=7)
"""How long an old secret may sign beside a new one."""

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
    """Where an endpoint is, and what it is notified of: every type and every instance where it names none."""

    name: Name
    """The webhook's name, unique among those that there are: lower case letters, digits and -."""
    url: Url
    """Where its notifications are posted to; it stays in the log for ever, and is no place for a secret."""
    types: Annotated[tuple[EventType, ...], Meta(max_length=100)] = ()
    """The types of notifications that it is sent; all where it names none."""
    instances: Annotated[tuple[InstanceId, ...], Meta(max_length=500)] = ()
    """The ids of the instances that it is notified of; all where it names none."""
    ordered: bool = False
    """Whether an instance's next notification is sent only after the one before was delivered or given up."""


class EndpointAdded(Struct, frozen=True, tag="endpoint_added"):
    """An endpoint is notified from here on; `key_id` names the master key of its secret, and is no secret."""

    endpoint_id: str
    """The webhook's id, a UUID."""
    config: EndpointConfig
    """Where it is and what it is sent."""
    key_id: str
    """The master key that its secret comes from, by its name; the name is no secret."""


class EndpointChanged(Struct, frozen=True, tag="endpoint_changed"):
    """The endpoint is elsewhere, or is notified of something else, from here on."""

    endpoint_id: str
    """The webhook's id."""
    config: EndpointConfig
    """The whole configuration from here on, not only what changed."""


class SecretRotated(Struct, frozen=True, tag="secret_rotated"):
    """The endpoint has a secret of the next generation; the one before signs too until `old_until`."""

    endpoint_id: str
    """The webhook's id."""
    generation: int
    """Which secret it has from here on, counted from 1."""
    old_until: Moment
    """Until when the secret of before signs too."""
    key_id: str
    """The master key that the new secret comes from, by its name."""


class EndpointDisabled(Struct, frozen=True, tag="endpoint_disabled"):
    """Nothing is sent to the endpoint from here on; what happens is kept for it."""

    endpoint_id: str
    """The webhook's id."""
    why: DisableCause
    """Why: somebody asked, the endpoint answered that it is gone, or it failed for too long."""


class EndpointEnabled(Struct, frozen=True, tag="endpoint_enabled"):
    """The endpoint is sent what was kept for it, and what comes."""

    endpoint_id: str
    """The webhook's id."""


class EndpointRemoved(Struct, frozen=True, tag="endpoint_removed"):
    """The endpoint is no more, nor what was kept for it."""

    endpoint_id: str
    """The webhook's id."""


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
        """Return the generations of the secret that sign at a time, the newest first."""
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
