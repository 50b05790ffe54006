"""The queue of notices: what is due for whom, taken by one relay at a time, and what became of it."""

import uuid
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from msgspec import Struct

from astrolabe.domain.notices.notice import Notice
from astrolabe.store.database import Database
from astrolabe.store.log.entry import AnyRecorded, recorded
from astrolabe.store.notices import sql

NoticeState = Literal["pending", "delivered", "failed"]

RETENTION = timedelta(days=30)
"""How long what became of a notice can be looked at."""

DROPPED_AT_ONCE = 5000
TAKEN_AT_ONCE = 100


class LeasedNotice(Struct, frozen=True):
    """A notice that is ours to send until its lease ends: of an event, or written when it was noted."""

    contact_id: str
    event_id: str
    fence: int
    attempts: int
    urgent: bool
    occasion: str
    recorded: AnyRecorded | None
    written: Notice | None = None


class NoticeView(Struct, frozen=True):
    """A notice as it stands."""

    id: str
    """Its id: the event's, where it is of one."""
    occasion: str
    """What it is about; `trial` where somebody asked whether messages arrive."""
    instance_id: str | None
    """The instance that it is about; null for a trial."""
    position: int | None
    """The event's position in the whole log; null where it is of no event, such as an update that is known."""
    occurred_at: datetime
    """When the event was recorded, or the update was first known."""
    state: NoticeState
    """Whether it waits to be sent, arrived, or was given up."""
    due_at: datetime
    """When it is sent next, while it is pending."""
    attempts: int
    """How many times it was sent."""
    said: str
    """Why the last attempt failed; empty where it did not."""
    finished_at: datetime | None
    """When it arrived or was given up; null while it is pending."""


class NoticeQueue:
    """All notices."""

    def __init__(self, database: Database) -> None:
        self._database: Database = database

    async def due_in(self) -> float | None:
        """Return in how many seconds the next notice is due, below 0 where one is; None where none waits."""
        return await self._database.pool.fetchval(sql.DUE_IN)

    async def contacts_due(self) -> list[str]:
        """Return the ids of the contacts that something is due for."""
        return [row[0] for row in await self._database.pool.fetch(sql.WHOSE)]

    async def take(self, contact_id: str, lease: timedelta) -> list[LeasedNotice]:
        """Take what is due for a contact, oldest first."""
        rows = await self._database.pool.fetch(sql.TAKE, uuid.UUID(contact_id), TAKEN_AT_ONCE, lease)
        return [
            LeasedNotice(
                contact_id,
                str(row["event_id"]),
                row["fence"],
                row["attempts"],
                row["urgent"],
                row["occasion"],
                recorded(row["entry"], row["recorded_at"], row["position"]) if row["entry"] else None,
                msgspec.json.decode(row["written"], type=Notice) if row["written"] else None,
            )
            for row in rows
        ]

    async def put_off(self, each: LeasedNotice, until: datetime) -> None:
        """Have a notice that was taken sent later."""
        await self._database.pool.execute(sql.PUT_OFF, *_ids(each), until)

    async def finish(self, each: LeasedNotice, state: NoticeState, said: str, due: datetime | None = None) -> None:
        """Record how an attempt ended, and when the next one is due where there is one."""
        await self._database.pool.execute(sql.FINISH, *_ids(each), state, due, said)

    async def counts(self, contact_id: str) -> dict[NoticeState, int]:
        """Count a contact's notices by state."""
        return dict(await self._database.pool.fetch(sql.COUNTS, uuid.UUID(contact_id)))

    async def list(self, contact_id: str, limit: int = 100) -> list[NoticeView]:
        """List a contact's notices, the newest first."""
        return [NoticeView(*row) for row in await self._database.pool.fetch(sql.LIST, uuid.UUID(contact_id), limit)]

    async def drop_old(self, retention: timedelta = RETENTION) -> None:
        """Drop what was over long ago."""
        while await self._database.pool.execute(sql.DROP_OLD, retention, DROPPED_AT_ONCE) != "DELETE 0":
            pass


def _ids(each: LeasedNotice) -> tuple[Any, ...]:
    return uuid.UUID(each.contact_id), uuid.UUID(each.event_id), each.fence
