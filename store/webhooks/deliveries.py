"""Deliveries: what is to be sent to an endpoint, what was sent, and what it answered."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from msgspec import Struct

from astrolabe.domain.webhooks.endpoint import Endpoint
from astrolabe.domain.webhooks.notification import PING, Notification, notification, ping
from astrolabe.store.database import Database
from astrolabe.store.ids import new_id
from astrolabe.store.log.entry import recorded
from astrolabe.store.log.log import Log
from astrolabe.store.settings import LONGEST_TIMEOUT
from astrolabe.store.subjects import SubjectReader
from astrolabe.store.webhooks import sql

DeliveryState = Literal["pending", "delivered", "failed"]

RETENTION = timedelta(days=30)
"""How long a delivery that is over, and its attempts, can be looked at and sent again."""

DROPPED_AT_ONCE = 5000

SOON = timedelta(seconds=1.5 * LONGEST_TIMEOUT)
"""A delivery that is due by then may be under way just now, and comes by itself where it is not."""


class LeasedDelivery(Struct, frozen=True):
    """A delivery that is ours to attempt until its lease ends; whoever takes it after us has a higher fence."""

    endpoint_id: str
    message_id: str
    fence: int
    tries: int
    notification: Notification


class Attempt(Struct, frozen=True):
    """One attempt: when, which status (None where none came), how long it took, and what was answered, cut."""

    number: int
    """Which attempt it was, counted from 1."""
    at: datetime
    """When it began."""
    status: int | None
    """The HTTP status that was answered; null where no answer came."""
    latency_ms: int
    """How long it took, in milliseconds."""
    response: str
    """The beginning of what was answered, or why no answer came."""


class Outcome(Struct, frozen=True):
    """How an attempt ended, and when the next one is due where there is one."""

    state: DeliveryState
    at: datetime
    status: int | None
    latency_ms: int
    response: str
    pause: timedelta = timedelta()


class Delivery(Struct, frozen=True):
    """A delivery as it stands; `due_at` is when it may be attempted next, while it is pending."""

    id: str
    """The delivery's id, sent as `webhook-id`: that of the event, so that whatever is sent twice is known by it."""
    type: str
    """The type of its notification."""
    instance_id: str | None
    """The instance that it is about; null for a ping."""
    position: int | None
    """The event's position in the whole log; null for a ping."""
    occurred_at: datetime
    """When the event was recorded."""
    state: DeliveryState
    """Whether it waits for an attempt, arrived, or was given up."""
    due_at: datetime
    """When it may be attempted next, while it is pending."""
    attempts: int
    """How many attempts were made."""
    finished_at: datetime | None
    """When it arrived or was given up; null while it is pending."""


class Deliveries:
    """All deliveries; rows that can be made again from the log, except for what endpoints answered."""

    def __init__(self, database: Database) -> None:
        self._database: Database = database
        self._subjects: SubjectReader = SubjectReader(Log(database))

    async def take(self, endpoint: Endpoint, many: int, lease: timedelta) -> list[LeasedDelivery]:
        """Take deliveries that are due, in order per instance where the endpoint asks for it."""
        rows = await self._database.pool.fetch(
            sql.TAKE, uuid.UUID(endpoint.endpoint_id), endpoint.config.ordered, many, lease
        )
        return [
            LeasedDelivery(
                endpoint.endpoint_id,
                str(row["event_id"]),
                row["fence"],
                row["tries"],
                await self._notification(endpoint.endpoint_id, row),
            )
            for row in rows
        ]

    async def _notification(self, endpoint_id: str, row: Mapping[str, Any]) -> Notification:
        if row["entry"] is None:
            return ping(str(row["event_id"]), endpoint_id, row["occurred_at"])
        event = recorded(row["entry"], row["recorded_at"], row["position"])
        return notification(event, row["type"], await self._subjects.of(event))

    async def finish(self, delivery: LeasedDelivery, end: Outcome) -> bool:
        """Record how an attempt ended; False where the delivery was taken over or is no more."""
        arguments = (end.state, end.pause, end.at, end.status, end.latency_ms, end.response)
        ids = uuid.UUID(delivery.endpoint_id), uuid.UUID(delivery.message_id)
        return await self._database.pool.fetchval(sql.FINISH, *ids, delivery.fence, *arguments) is not None

    async def fails_since(self, endpoint_id: str) -> datetime | None:
        """Return since when nothing has reached an endpoint; None where the last attempt did."""
        return await self._database.pool.fetchval(sql.FAILS_SINCE, uuid.UUID(endpoint_id))

    async def fails_too_long(self, endpoint_id: str, limit: timedelta) -> bool:
        """Return whether nothing has reached an endpoint for so long."""
        return await self._database.pool.fetchval(sql.FAILS_TOO_LONG, uuid.UUID(endpoint_id), limit)

    async def counts(self, endpoint_id: str) -> dict[DeliveryState, int]:
        """Count what waits for an endpoint, and what was given up."""
        return dict(await self._database.pool.fetch(sql.COUNTS, uuid.UUID(endpoint_id)))

    async def list(
        self, endpoint_id: str, *, state: DeliveryState | None = None, before: str | None = None, limit: int = 100
    ) -> list[Delivery]:
        """List an endpoint's deliveries, the newest first, before a delivery's id."""
        cursor = uuid.UUID(before) if before else None
        rows = await self._database.pool.fetch(sql.LIST, uuid.UUID(endpoint_id), state, cursor, limit)
        return [_delivery(*row) for row in rows]

    async def one(self, endpoint_id: str, message_id: str) -> tuple[Delivery, tuple[Attempt, ...]] | None:
        """Return one delivery and its attempts."""
        ids = uuid.UUID(endpoint_id), uuid.UUID(message_id)
        row = await self._database.pool.fetchrow(sql.ONE, *ids)
        if row is None:
            return None
        return _delivery(*row), tuple(Attempt(*each) for each in await self._database.pool.fetch(sql.ATTEMPTS, *ids))

    async def ping(self, endpoint_id: str, message_id: str | None = None) -> str:
        """Have a ping sent; return its id."""
        message_id = message_id or new_id()
        await self._database.pool.execute(sql.PING, uuid.UUID(endpoint_id), uuid.UUID(message_id), PING)
        return message_id

    async def again(self, endpoint_id: str, message_id: str) -> bool:
        """Have one delivery sent (again) now; False where there is none."""
        ids = uuid.UUID(endpoint_id), uuid.UUID(message_id)
        return await self._database.pool.fetchval(sql.AGAIN, *ids) is not None

    async def recover(
        self, endpoint_id: str, since: datetime | None, until: datetime | None, *, delivered: bool
    ) -> int:
        """Have what failed or waits for its next try, and on request what arrived, sent again now; return how many."""
        states = ["failed", "delivered"] if delivered else ["failed"]
        return await self._database.pool.fetchval(sql.RECOVER, uuid.UUID(endpoint_id), states, since, until, SOON)

    async def drop_old(self, retention: timedelta = RETENTION) -> None:
        """Drop what was over long ago."""
        while await self._database.pool.execute(sql.DROP_OLD, retention, DROPPED_AT_ONCE) != "DELETE 0":
            pass


def _delivery(
    event_id: uuid.UUID,
    kind: str,
    instance_id: uuid.UUID | None,
    position: int | None,
    *rest: object,
) -> Delivery:
    return Delivery(str(event_id), kind, str(instance_id) if instance_id else None, position, *rest)  # pyright: ignore[reportArgumentType]
