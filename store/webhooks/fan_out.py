"""The fan-out: follows the log and records for each endpoint which deliveries are due, each event once."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import TypeAlias, cast

import asyncpg
from msgspec import Struct

from astrolabe.domain.streams import OWN_STREAMS, WEBHOOKS_STREAM
from astrolabe.domain.upgrades.events import Event
from astrolabe.domain.webhooks.decider import WEBHOOKS_DECIDER
from astrolabe.domain.webhooks.endpoint import (
    EndpointEnabled,
    EndpointRemoved,
    Endpoints,
    WebhookEvent,
)
from astrolabe.domain.webhooks.notification import public_type, subscribes
from astrolabe.store.database import Database
from astrolabe.store.log.entry import AnyRecorded
from astrolabe.store.log.log import Log
from astrolabe.store.streams.webhooks import Webhooks
from astrolabe.store.webhooks import sql
from astrolabe.store.webhooks.deliveries import SOON

PoolConnection: TypeAlias = asyncpg.pool.PoolConnectionProxy

NAME = "webhooks"
BATCH = 500


class PendingDelivery(Struct, frozen=True):
    """One endpoint is to be notified of one event."""

    endpoint_id: str
    event_type: str
    recorded: AnyRecorded


class FanOutResult(Struct):
    """What follows from a batch of the log."""

    endpoints: Endpoints
    pending: list[PendingDelivery]
    removed: set[str]
    enabled: set[str]


class FanOut:
    """Keeps the deliveries up with the log; any number may run, one works at a time."""

    def __init__(self, database: Database, log: Log) -> None:
        self._database: Database = database
        self._log: Log = log
        self._webhooks: Webhooks = Webhooks(log)
        self._at: int | None = None
        self._endpoints: Endpoints = Endpoints()

    async def step(self) -> int:
        """Record the deliveries that follow from the next batch; return how many events it had."""
        async with self._database.pool.acquire() as connection, connection.transaction():
            position = await _place(connection)
            batch = await self._log.read_all(position, BATCH)
            if not batch:
                return 0
            if position != self._at:
                self._endpoints = await self._webhooks.at(position)
            found = fan_out_of(batch, self._endpoints)
            await _write(connection, found)
            last = cast("int", batch[-1].position)
            await connection.execute(sql.MOVE, NAME, last)
        self._at, self._endpoints = last, found.endpoints
        return len(batch)

    async def drain(self) -> None:
        """Record the deliveries of everything that is in the log now."""
        while await self.step():
            pass


def fan_out_of(batch: Iterable[AnyRecorded], endpoints: Endpoints) -> FanOutResult:
    """Return what follows from events in the log's order: an endpoint is notified of what comes after it was added."""
    found = FanOutResult(endpoints, [], set(), set())
    for each in batch:
        if each.stream_id == WEBHOOKS_STREAM:
            _change(found, cast("WebhookEvent", each.event))
        elif each.stream_id not in OWN_STREAMS and (event_type := public_type(cast("Event", each.event))):
            found.pending += [
                PendingDelivery(endpoint.endpoint_id, event_type, each)
                for endpoint in found.endpoints.by_id.values()
                if subscribes(endpoint, event_type, each.stream_id)
            ]
    return found


def _change(found: FanOutResult, event: WebhookEvent) -> None:
    found.endpoints = WEBHOOKS_DECIDER.evolve(found.endpoints, event)
    if isinstance(event, EndpointRemoved):
        found.removed.add(event.endpoint_id)
        found.pending = [delivery for delivery in found.pending if delivery.endpoint_id != event.endpoint_id]
    elif isinstance(event, EndpointEnabled):
        found.enabled.add(event.endpoint_id)


async def _place(connection: PoolConnection) -> int:
    await connection.execute(sql.PLACE, NAME)
    return cast("int", await connection.fetchval(sql.LOCK, NAME))


async def _write(connection: PoolConnection, found: FanOutResult) -> None:
    if found.pending:
        columns: tuple[list[object], ...] = ([], [], [], [], [], [])
        for delivery in found.pending:
            for column, value in zip(columns, _row(delivery), strict=True):
                column.append(value)
        await connection.execute(sql.ADD, *columns)
    if found.removed:
        await connection.execute(sql.FORGET, _ids(found.removed))
    if found.enabled:
        await connection.execute(sql.AFRESH, _ids(found.enabled), SOON)
    if changed := found.enabled | found.removed:
        await connection.execute(sql.WELL, _ids(changed))


def _row(delivery: PendingDelivery) -> tuple[uuid.UUID, uuid.UUID, str, uuid.UUID, int | None, datetime]:
    each = delivery.recorded
    endpoint, event, stream = map(uuid.UUID, (delivery.endpoint_id, each.event_id, each.stream_id))
    return endpoint, event, delivery.event_type, stream, each.position, each.recorded_at


def _ids(ids: Iterable[str]) -> list[uuid.UUID]:
    return [uuid.UUID(each) for each in ids]
