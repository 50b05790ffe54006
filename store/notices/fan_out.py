"""The fan-out of notices: follows the log and records for each contact what it is to be sent and when, each once."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal, TypeAlias, cast

from msgspec import Struct
from typing_extensions import override

from astrolabe.domain.notices.contact import Contact, ContactEvent, ContactRemoved, Contacts, ContactTried
from astrolabe.domain.notices.decider import CONTACTS_DECIDER
from astrolabe.domain.notices.occasion import Occasion, is_urgent, occasion_of
from astrolabe.domain.streams import CONTACTS_STREAM, OWN_STREAMS
from astrolabe.store.database import Database
from astrolabe.store.log.entry import AnyRecorded
from astrolabe.store.log.follower import Follower, PoolConnection
from astrolabe.store.log.log import Log
from astrolabe.store.notices import sql
from astrolabe.store.notices.zones import known_zone
from astrolabe.store.streams.contacts import ContactBook

Trial: TypeAlias = Literal["trial"]


class PendingNotice(Struct, frozen=True):
    """One contact is to be notified of one event."""

    contact: Contact
    occasion: Occasion | Trial
    recorded: AnyRecorded

    @property
    def urgent(self) -> bool:
        """Whether it waits for no hour: somebody may wait for a trial."""
        return self.occasion == "trial" or is_urgent(self.recorded.event)

    @property
    def due(self) -> datetime:
        """When it is to be sent."""
        config, at = self.contact.config, self.recorded.recorded_at
        return at if self.urgent else config.hours.due(at, known_zone(config.time_zone))


class NoticeFanOut(Follower[Contacts]):
    """Keeps the notices up with the log."""

    def __init__(self, database: Database, log: Log) -> None:
        super().__init__(database, log, "notices", Contacts())
        self._book: ContactBook = ContactBook(log)

    @override
    async def _known_at(self, position: int) -> Contacts:
        return await self._book.at(position)

    @override
    async def _record(self, connection: PoolConnection, batch: Sequence[AnyRecorded], known: Contacts) -> Contacts:
        contacts, pending, removed = notices_of(batch, known)
        await _write(connection, pending, removed)
        return contacts


def notices_of(batch: Iterable[AnyRecorded], contacts: Contacts) -> tuple[Contacts, list[PendingNotice], set[str]]:
    """Return what follows from a batch: the contacts after it, what they are to be sent, and who was removed."""
    pending: list[PendingNotice] = []
    removed: set[str] = set()
    for each in batch:
        if each.stream_id == CONTACTS_STREAM:
            event = cast("ContactEvent", each.event)
            contacts = CONTACTS_DECIDER.evolve(contacts, event)
            if isinstance(event, ContactRemoved):
                removed.add(event.contact_id)
                pending = [one for one in pending if one.contact.contact_id != event.contact_id]
            elif isinstance(event, ContactTried) and event.contact_id in contacts.by_id:
                pending.append(PendingNotice(contacts.by_id[event.contact_id], "trial", each))
        elif each.stream_id not in OWN_STREAMS and (occasion := occasion_of(each.event)):
            pending += [
                PendingNotice(contact, occasion, each)
                for contact in contacts.by_id.values()
                if contact.config.wants(occasion, each.stream_id)
            ]
    return contacts, pending, removed


async def _write(connection: PoolConnection, pending: list[PendingNotice], removed: set[str]) -> None:
    if pending:
        rows = [_row(each) for each in pending]
        await connection.execute(sql.ADD, *map(list, zip(*rows, strict=True)))
    if removed:
        await connection.execute(sql.FORGET, [uuid.UUID(each) for each in removed])


def _row(each: PendingNotice) -> tuple[Any, ...]:
    recorded = each.recorded
    contact, event, stream = map(uuid.UUID, (each.contact.contact_id, recorded.event_id, recorded.stream_id))
    about = None if each.occasion == "trial" else stream
    return contact, event, each.occasion, about, recorded.position, recorded.recorded_at, each.urgent, each.due
