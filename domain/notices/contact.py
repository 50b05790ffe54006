"""Contacts: whom Apprise reaches, and the events of the one stream that they are recorded in."""

from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

from astrolabe.domain.notices.hours import Hours, QuietHours, TimeOfDay, ZoneName
from astrolabe.domain.notices.occasion import Occasion
from astrolabe.domain.problem import Refused
from astrolabe.domain.webhooks.endpoint import InstanceId
from astrolabe.domain.words import END, Name

UrlRef = Annotated[
    str,
    Meta(
        pattern=rf"^(?!.*\.\.)(env:ASTROLABE_APPRISE_[A-Z0-9_]{{1,80}}|file:/[A-Za-z0-9_./-]{{1,200}}\.apprise){END}",
        description="where the relay finds the URL: env:ASTROLABE_APPRISE_NAME or file:/run/secrets/name.apprise",
    ),
]


class ContactConfig(Struct, frozen=True):
    """Where a contact's URL is, and what it is notified of and when: of all and at once where it says nothing."""

    name: Name
    """The contact's name, unique among those that there are: lower case letters, digits and -."""
    url: UrlRef
    """The place of its Apprise URL on the relay's host; the URL itself is a secret."""
    occasions: Annotated[tuple[Occasion, ...], Meta(max_length=20)] = ()
    """What it is notified of; of all occasions where it names none."""
    instances: Annotated[tuple[InstanceId, ...], Meta(max_length=500)] = ()
    """The ids of the instances that it is notified of; of all where it names none."""
    quiet: QuietHours | None = None
    """The hours in which only what is urgent is sent; null where there are none."""
    digests: Annotated[tuple[TimeOfDay, ...], Meta(max_length=24)] = ()
    """The times of day at which what is not urgent is sent as one message; at once where it names none."""
    time_zone: ZoneName = "UTC"
    """The time zone of these times."""

    @property
    def hours(self) -> Hours:
        """Say when it may be notified."""
        return Hours(self.quiet, self.digests)

    def wants(self, occasion: Occasion, instance_id: str) -> bool:
        """Return whether it is notified of an occasion on an instance."""
        return (not self.occasions or occasion in self.occasions) and (
            not self.instances or instance_id in self.instances
        )


class ContactAdded(Struct, frozen=True, tag="contact_added"):
    """A contact is notified from here on."""

    contact_id: str
    """The contact's id, a UUID."""
    config: ContactConfig
    """Where it is reached, and what it is sent."""


class ContactChanged(Struct, frozen=True, tag="contact_changed"):
    """The contact is reached elsewhere, or is notified of something else or at other times, from here on."""

    contact_id: str
    """The contact's id."""
    config: ContactConfig
    """The whole configuration from here on, not only what changed."""


class ContactRemoved(Struct, frozen=True, tag="contact_removed"):
    """The contact is no more, nor what was kept for it."""

    contact_id: str
    """The contact's id."""


class ContactTried(Struct, frozen=True, tag="contact_tried"):
    """Somebody asked whether messages reach the contact; one is sent at once."""

    contact_id: str
    """The contact's id."""


ContactEvent: TypeAlias = ContactAdded | ContactChanged | ContactRemoved | ContactTried


class Contact(Struct, frozen=True):
    """A contact as it is now; `version` counts its events."""

    contact_id: str
    config: ContactConfig
    version: int = 1


class Contacts(Struct, frozen=True):
    """All contacts that there are, by id."""

    by_id: dict[str, Contact] = {}

    def known(self, ref: str) -> Contact | None:
        """Find a contact by its id or its name."""
        return self.by_id.get(ref) or next((each for each in self.by_id.values() if each.config.name == ref), None)

    def find(self, ref: str) -> Contact:
        """Find a contact by its id or its name; raises Refused where there is none."""
        if found := self.known(ref):
            return found
        raise Refused("contact-unknown", "No contact is known by this id or name; see GET /contacts.")
