"""The fan-out: follows the log and records for each endpoint which deliveries are due, each event once."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import cast

from msgspec import Struct
from typing_extensions import override

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
from astrolabe.store.log.follower import Follower, PoolConnection
from astrolabe.store.log.log import Log
from astrolabe.store.streams.webhooks import Webhooks
from astrolabe.store.webhooks import sql
from astrolabe.store.webhooks.deliveries import SOON


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


class FanOut(Follower[Endpoints]):
    """Keeps the deliveries up with the log."""

    def __init__(self, database: Database, log: Log) -> None:
        super().__init__(database, log, "webhooks", Endpoints())
        self._webhooks: Webhooks = Webhooks(log)

    @override
    async def _known_at(self, position: int) -> Endpoints:
        return await self._webhooks.at(position)

    @override
    async def _record(self, connection: PoolConnection, batch: Sequence[AnyRecorded], known: Endpoints) -> Endpoints:
        found = fan_out_of(batch, known)
        await _write(connection, found)
        return found.endpoints


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
