"""The fan-out of notices: follows the log and records for each contact what it is to be sent and when, each once."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal, TypeAlias, cast

import asyncpg
from msgspec import Struct

from astrolabe.domain.notices.contact import Contact, ContactEvent, ContactRemoved, Contacts, ContactTried
from astrolabe.domain.notices.decider import CONTACTS_DECIDER
from astrolabe.domain.notices.occasion import Occasion, is_urgent, occasion_of
from astrolabe.domain.streams import CONTACTS_STREAM, OWN_STREAMS
from astrolabe.store.database import Database
from astrolabe.store.log.entry import AnyRecorded
from astrolabe.store.log.log import Log
from astrolabe.store.notices import sql
from astrolabe.store.notices.zones import known_zone
from astrolabe.store.streams.contacts import ContactBook

PoolConnection: TypeAlias = asyncpg.pool.PoolConnectionProxy
Trial: TypeAlias = Literal["trial"]

NAME = "notices"
BATCH = 500


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


class NoticeFanOut:
    """Keeps the notices up with the log; any number may run, one works at a time."""

    def __init__(self, database: Database, log: Log) -> None:
        self._database: Database = database
        self._log: Log = log
        self._book: ContactBook = ContactBook(log)
        self._at: int | None = None
        self._contacts: Contacts = Contacts()

    async def step(self) -> int:
        """Record the notices that follow from the next batch; return how many events it had."""
        async with self._database.pool.acquire() as connection, connection.transaction():
            await connection.execute(sql.PLACE, NAME)
            position = cast("int", await connection.fetchval(sql.LOCK, NAME))
            batch = await self._log.read_all(position, BATCH)
            if not batch:
                return 0
            if position != self._at:
                self._contacts = await self._book.at(position)
            contacts, pending, removed = notices_of(batch, self._contacts)
            await _write(connection, pending, removed)
            last = cast("int", batch[-1].position)
            await connection.execute(sql.MOVE, NAME, last)
        self._at, self._contacts = last, contacts
        return len(batch)

    async def drain(self) -> None:
        """Record the notices of everything that is in the log now."""
        while await self.step():
            pass


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
