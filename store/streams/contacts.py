"""Contacts: folded from the one stream they are recorded in."""

from typing import TypeAlias

from astrolabe.domain.notices.contact import ContactEvent, Contacts
from astrolabe.domain.notices.decider import CONTACTS_DECIDER, AddContact, ContactCommand
from astrolabe.domain.streams import CONTACTS_STREAM
from astrolabe.store.log.log import Log
from astrolabe.store.streams.stream import LoadedStream, OneStream, Streams

LoadedContacts: TypeAlias = LoadedStream[Contacts, ContactEvent]


class ContactBook(OneStream[ContactCommand, Contacts, ContactEvent]):
    """All contacts."""

    def __init__(self, log: Log) -> None:
        super().__init__(Streams(log, CONTACTS_DECIDER, "contact", _version_of), CONTACTS_STREAM)

    async def at(self, position: int) -> Contacts:
        """Return the contacts that there were at a position of the log."""
        return (await self._streams.load_at(CONTACTS_STREAM, position=position)).state


def _version_of(loaded: LoadedContacts, command: ContactCommand) -> int:
    """Return the version of the contact that is to be changed: callers see that, not the stream's."""
    if isinstance(command, AddContact):
        return loaded.version
    return loaded.state.find(command.contact_id).version
