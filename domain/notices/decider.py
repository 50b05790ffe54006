"""Contacts: whether a command on them is allowed, and what they are after an event."""

from typing import Final, TypeAlias

from msgspec import Struct

from astrolabe.domain.decider import Decider
from astrolabe.domain.notices.contact import (
    Contact,
    ContactAdded,
    ContactChanged,
    ContactConfig,
    ContactEvent,
    ContactRemoved,
    Contacts,
    ContactTried,
)
from astrolabe.domain.problem import Refused

MOST_CONTACTS = 64
"""How many contacts there may be at once."""


class AddContact(Struct, frozen=True):
    """Notify a contact from here on; its name stays unique among those that there are."""

    contact_id: str
    config: ContactConfig


class ChangeContact(Struct, frozen=True):
    """Reach a contact elsewhere, or notify it of something else or at other times."""

    contact_id: str
    config: ContactConfig


class RemoveContact(Struct, frozen=True):
    """Forget a contact."""

    contact_id: str


class TryContact(Struct, frozen=True):
    """Send a contact a message, to see whether it arrives."""

    contact_id: str


ContactCommand: TypeAlias = AddContact | ChangeContact | RemoveContact | TryContact


def decide(command: ContactCommand, contacts: Contacts) -> tuple[ContactEvent, ...]:
    """Decide what follows from a command on contacts; nothing where it is so already, Refused where it cannot be."""
    match command:
        case AddContact(contact_id, config):
            if len(contacts.by_id) >= MOST_CONTACTS:
                raise Refused("contacts-too-many", f"There are {MOST_CONTACTS} contacts, which is all; remove one.")
            _name_is_free(config.name, contact_id, contacts)
            return (ContactAdded(contact_id, config),)
        case ChangeContact(contact_id, config):
            before = contacts.find(contact_id)
            _name_is_free(config.name, before.contact_id, contacts)
            return () if config == before.config else (ContactChanged(before.contact_id, config),)
        case RemoveContact(contact_id):
            return (ContactRemoved(contacts.find(contact_id).contact_id),)
        case TryContact(contact_id):
            return (ContactTried(contacts.find(contact_id).contact_id),)


def _name_is_free(name: str, contact_id: str, contacts: Contacts) -> None:
    if any(each.config.name == name and each.contact_id != contact_id for each in contacts.by_id.values()):
        raise Refused("contact-exists", f"A contact named {name} exists; change that one, or choose another name.")


def evolve(contacts: Contacts, event: ContactEvent) -> Contacts:
    """Fold one event into the contacts that there are."""
    match event:
        case ContactAdded(contact_id, config):
            return Contacts({**contacts.by_id, contact_id: Contact(contact_id, config)})
        case ContactChanged(contact_id, config):
            before = contacts.by_id.get(contact_id)
            if before is None:
                return contacts
            return Contacts({**contacts.by_id, contact_id: Contact(contact_id, config, before.version + 1)})
        case ContactRemoved(contact_id):
            return Contacts({key: each for key, each in contacts.by_id.items() if key != contact_id})
        case ContactTried():
            return contacts


CONTACTS_DECIDER: Final[Decider[ContactCommand, Contacts, ContactEvent]] = Decider(Contacts(), decide, evolve)
