"""Notifications: what an endpoint is sent of an event, a thin CloudEvent (CloudEvents 1.0.2, structured mode).

Beside its own, it has the documented extensions sequence, recordedtime and authcontext.
"""

from datetime import datetime
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from astrolabe.domain.recorded import Cause, Recorded
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades.subject import Subject
from astrolabe.domain.webhooks.endpoint import Endpoint
from astrolabe.domain.webhooks.headline import PING_HEADLINE, headline

PING = "astrolabe.ping"
SOURCE = "/astrolabe"

TYPES: dict[type[Struct], str] = {
    e.InstanceRegistered: "astrolabe.instance.registered",
    e.AdoptionRequested: "astrolabe.adoption.requested",
    e.AdoptionRefused: "astrolabe.adoption.refused",
    e.InstanceAdopted: "astrolabe.instance.adopted",
    e.InstanceObserved: "astrolabe.instance.observed",
    e.ObservationFailed: "astrolabe.instance.unobserved",
    e.DriftAccepted: "astrolabe.drift.accepted",
    e.InstanceReconfigured: "astrolabe.instance.reconfigured",
    e.InstanceRenamed: "astrolabe.instance.renamed",
    e.InstanceRetired: "astrolabe.instance.retired",
    e.InstanceInconsistent: "astrolabe.instance.inconsistent",
    e.InstanceTakenOver: "astrolabe.instance.taken_over",
    e.UpgradeRequested: "astrolabe.upgrade.requested",
    e.UpgradeRetried: "astrolabe.upgrade.retried",
    e.PreflightPassed: "astrolabe.upgrade.planned",
    e.ApprovalRequested: "astrolabe.approval.requested",
    e.UpgradeApproved: "astrolabe.approval.given",
    e.UpgradeRejected: "astrolabe.approval.rejected",
    e.ApprovalExpired: "astrolabe.approval.expired",
    e.ReviewRequested: "astrolabe.review.requested",
    e.UpgradeReviewed: "astrolabe.review.given",
    e.ReviewOverdue: "astrolabe.review.overdue",
    e.StepStarted: "astrolabe.step.started",
    e.InstanceStopped: "astrolabe.instance.stopped",
    e.MigrationFinished: "astrolabe.instance.answering",
    e.UpgradeVerified: "astrolabe.upgrade.verified",
    e.CutOver: "astrolabe.upgrade.cut_over",
    e.UpgradeSucceeded: "astrolabe.upgrade.succeeded",
    e.UpgradeUnwell: "astrolabe.upgrade.unwell",
    e.UpgradeRefused: "astrolabe.upgrade.refused",
    e.UpgradeFailed: "astrolabe.upgrade.failed",
    e.UpgradeCancelled: "astrolabe.upgrade.cancelled",
    e.RollbackRequested: "astrolabe.rollback.requested",
    e.RollbackRefused: "astrolabe.rollback.refused",
    e.RollbackStarted: "astrolabe.rollback.started",
    e.RollbackCalledOff: "astrolabe.rollback.called_off",
    e.UpgradeResumed: "astrolabe.upgrade.resumed",
    e.RollbackStalled: "astrolabe.rollback.stalled",
    e.UpgradeRolledBack: "astrolabe.upgrade.rolled_back",
}
"""What an event of an instance is called outside; the names are stable for ever."""

NOT_NOTIFIED: frozenset[type[Struct]] = frozenset(
    {
        e.StepProgressed,  # many in an older log; GET /upgrades/{id}/events streams them
        e.BackupTaken,
        e.ArtifactPulled,
        e.DatabaseCopied,
        e.MigrationStarted,
        e.LegFinished,
        e.WritesCounted,
        e.DatabaseRestored,
        e.KeptDiscarded,
    }
)
"""The events that matter only within an upgrade, and are read from its history."""

ALL_TYPES: tuple[str, ...] = (*TYPES.values(), PING)


class Links(Struct, frozen=True, omit_defaults=True):
    """Where to read more, as paths of the API."""

    instance: str | None = None
    """The instance; left out where it is about none."""
    upgrade: str | None = None
    """The upgrade; left out where it is about none."""
    webhook: str | None = None
    """The webhook, of a ping alone; left out otherwise."""


class Data(Struct, frozen=True, omit_defaults=True):
    """Which instance, upgrade and ticket it is about, by ids, names and versions; no more than that of it."""

    links: Links
    """Where to read more."""
    instance_id: str | None = None
    """The instance's id; left out where it is about none."""
    upgrade_id: str | None = None
    """The upgrade's id; left out where it is about none."""
    ticket: str | None = None
    """The ticket that an upgrade was asked for with, where it was just asked for; left out otherwise."""
    name: str | None = None
    """The instance's name; left out where it is about none."""
    product: str | None = None
    """The product that is deployed; left out where it is about no instance."""
    from_version: str | None = None
    """The version that the upgrade comes from; left out where it is about none."""
    to_version: str | None = None
    """The exact version that the upgrade goes to; left out before preflight has resolved `latest`."""


class Notification(Struct, frozen=True, omit_defaults=True):
    """A CloudEvent; `streamversion` orders the events of one instance, `position` those of the whole log."""

    specversion: Literal["1.0"]
    """The version of CloudEvents."""
    id: str
    """The event's id, a UUID; the same each time that it is sent."""
    source: Literal["/astrolabe"]
    """Where it comes from."""
    type: str
    """What happened; GET /webhooks/types lists what there is."""
    subject: str
    """What it is about, as a path of the API without its first slash."""
    time: datetime
    """When the event was recorded."""
    datacontenttype: Literal["application/json"]
    """The media type of `data`."""
    data: Data
    """What it is about."""
    streamversion: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None
    """The event's place in its instance's stream, from 1 on; left out of a ping."""
    # A CloudEvents integer has 32 bits; the log may have more events than that.
    position: Annotated[str, Meta(pattern=r"^[0-9]{1,19}$")] | None = None
    """The event's place in the whole log, from 0 on, in decimal digits; left out of a ping."""
    text: Annotated[str, Meta(min_length=1, max_length=1000)] = ""
    """What happened, in one sentence with names and versions; a chat that takes `text` shows it."""
    sequence: Annotated[str, Meta(pattern=r"^[0-9]{19}$")] | None = None
    """The event's place in the whole log with leading zeros, so that texts compare as places do; left out of a ping."""
    recordedtime: datetime | None = None
    """When the event was recorded; left out of a ping."""
    authtype: Literal["api_key", "system"] | None = None
    """Whether a token asked for it (`api_key`), or it follows from what a worker did; left out of a ping."""
    authid: str | None = None
    """The name of the token that asked; left out where none did."""


def public_type(event: Struct) -> str | None:
    """Return the public name of an event; None where nobody is notified of it."""
    return TYPES.get(type(event))


def subscribes(endpoint: Endpoint, event_type: str, instance_id: str) -> bool:
    """Return whether an endpoint asked for events of this type and instance."""
    types, instances = endpoint.config.types, endpoint.config.instances
    return (not types or event_type in types) and (not instances or instance_id in instances)


def notification(recorded: Recorded[Any], event_type: str, about: Subject | None = None) -> Notification:
    """Return what is sent of an event; its id is the event's, so that what is sent twice is recognised."""
    upgrade_id: str | None = getattr(recorded.event, "upgrade_id", None)
    instance = f"/instances/{recorded.stream_id}"
    names = (about.name, about.product) if about else (None, None)
    versions = (about.from_version, about.to_version) if about and upgrade_id else (None, None)
    links = Links(instance, f"/upgrades/{upgrade_id}" if upgrade_id else None)
    return Notification(
        "1.0",
        recorded.event_id,
        SOURCE,
        event_type,
        instance.removeprefix("/"),
        recorded.recorded_at,
        "application/json",
        Data(links, recorded.stream_id, upgrade_id, getattr(recorded.event, "ticket", None), *names, *versions),
        recorded.version,
        str(recorded.position),
        headline(recorded.event, about),
        f"{recorded.position:019}",
        recorded.recorded_at,
        *_principal(recorded.cause),
    )


def _principal(cause: Cause) -> tuple[Literal["api_key", "system"], str | None]:
    # What a worker reports follows from what it did: who asked for that is in the event that asked.
    return ("api_key", cause.actor) if cause.source == "api" else ("system", None)


def ping(message_id: str, endpoint_id: str, at: datetime) -> Notification:
    """Return what is sent to try an endpoint: only that messages arrive."""
    link = f"/webhooks/{endpoint_id}"
    data = Data(Links(webhook=link))
    return Notification(
        "1.0", message_id, SOURCE, PING, link.removeprefix("/"), at, "application/json", data, text=PING_HEADLINE
    )


def encode(message: Notification) -> bytes:
    """Return the body, the same bytes each time."""
    return msgspec.json.encode(message, order="sorted")


def schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of one type's body."""
    (found,), parts = msgspec.json.schema_components([Notification], ref_template="#/$defs/{name}")
    assert found == {"$ref": "#/$defs/Notification"}  # noqa: S101  msgspec's own form
    whole: dict[str, Any] = parts.pop("Notification")
    must = ["text"] if name == PING else ["text", "streamversion", "position", "sequence", "recordedtime", "authtype"]
    properties = {**whole["properties"], "type": {"const": name}}
    required = [*whole["required"], *must]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **whole,
        "title": name,
        "properties": properties,
        "required": required,
        "$defs": parts,
    }


def events_of_instances() -> tuple[type[Struct], ...]:
    """Return every event that an instance's stream may hold."""
    return get_args(e.Event)
