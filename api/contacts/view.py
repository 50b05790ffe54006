"""A contact as callers send it and see it."""

from typing import Annotated, TypeAlias

from litestar.params import PathParameter
from msgspec import Meta, Struct

from astrolabe.api.http.references import find_instance
from astrolabe.api.http.resources import AuthenticatedRequest, Resources
from astrolabe.domain.notices.contact import Contact, ContactConfig, UrlRef
from astrolabe.domain.notices.hours import QuietHours, TimeOfDay, ZoneName
from astrolabe.domain.notices.occasion import OCCASIONS, Occasion
from astrolabe.domain.words import Name, Reason
from astrolabe.store.notices.queue import NoticeView
from astrolabe.store.notices.zones import zone_of

ContactRef: TypeAlias = Annotated[str, PathParameter(description="A contact's id or name.")]

EXAMPLE = {
    "name": "team",
    "url": "file:/run/secrets/team.apprise",
    "occasions": ["approval", "taken-back", "unwell", "stuck"],
    "quiet": {"begin": "22:00", "end": "07:00"},
    "time_zone": "Europe/Berlin",
    "reason": "the team's chat",
}


class ContactRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The body that adds or changes a contact: it is notified of everything, at once, where it says no less."""

    name: Name
    """The contact's name, unique among those that there are: lower case letters, digits and -."""
    url: UrlRef
    """The place of its Apprise URL on the relay's host; the URL itself is a secret, and is never sent here."""
    occasions: Annotated[tuple[Occasion, ...], Meta(max_length=20)] = ()
    """What it is notified of; of all occasions where it names none."""
    instances: Annotated[tuple[Annotated[str, Meta(max_length=100)], ...], Meta(max_length=500)] = ()
    """The ids or names of the instances that it is notified of; of all where it names none."""
    quiet: QuietHours | None = None
    """The hours in which only what is urgent is sent; null where there are none."""
    digests: Annotated[tuple[TimeOfDay, ...], Meta(max_length=24)] = ()
    """The times of day at which what is not urgent is sent as one message; at once where it names none."""
    time_zone: ZoneName = "UTC"
    """The time zone of these times."""
    reason: Reason | None = None
    """Why, for the audit trail, which shows null as no reason given."""


class ContactView(Struct, frozen=True):
    """A contact as it is now; its URL is not here, for nobody but the relay reads it."""

    id: str
    """The contact's id, a UUID."""
    name: str
    """Its name."""
    url: str
    """The place of its Apprise URL on the relay's host."""
    occasions: tuple[Occasion, ...]
    """What it is notified of; of all occasions where it names none."""
    instances: tuple[str, ...]
    """The ids of the instances that it is notified of; of all where it names none."""
    quiet: QuietHours | None
    """The hours in which only what is urgent is sent; null where there are none."""
    digests: tuple[str, ...]
    """The times of day at which what is not urgent is sent as one message; at once where it names none."""
    time_zone: str
    """The time zone of these times."""
    pending: int
    """How many notices wait for their time, or for another try."""
    failed: int
    """How many notices were given up."""
    version: int
    """How many changes made it, which the ETag is made of."""
    links: dict[str, str]
    """The paths of what belongs to it, by name."""


class ContactPage(Struct, frozen=True):
    """All contacts, by name."""

    items: tuple[ContactView, ...]
    """The contacts, by name."""


class NoticePage(Struct, frozen=True):
    """A contact's notices, the newest first."""

    items: tuple[NoticeView, ...]
    """The notices, the newest first."""


async def contact_config(request: AuthenticatedRequest, data: ContactRequest) -> ContactConfig:
    """Return what a contact is to be notified of; raises Refused or ApiProblem where that is impossible."""
    zone_of(data.time_zone)
    instances = [(await find_instance(request, each)).stream_id for each in data.instances]
    return ContactConfig(
        data.name,
        data.url,
        tuple(each for each in OCCASIONS if each in data.occasions),
        tuple(dict.fromkeys(instances)),
        data.quiet,
        tuple(sorted(set(data.digests))),
        data.time_zone,
    )


async def contact_view(resources: Resources, contact: Contact) -> ContactView:
    """Show a contact, and how its notices stand."""
    config, here = contact.config, f"/contacts/{contact.contact_id}"
    counts = await resources.notices.counts(contact.contact_id)
    return ContactView(
        contact.contact_id,
        config.name,
        config.url,
        config.occasions,
        config.instances,
        config.quiet,
        config.digests,
        config.time_zone,
        counts.get("pending", 0),
        counts.get("failed", 0),
        contact.version,
        {"self": here, "notices": f"{here}/notices"},
    )
