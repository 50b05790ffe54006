"""What the tests of deliveries set the stage with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from astrolabe.domain.recorded import Cause
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.webhooks.decider import AddEndpoint
from astrolabe.domain.webhooks.endpoint import EndpointConfig
from astrolabe.store.database import Database
from astrolabe.store.ids import new_id
from astrolabe.store.log.log import Log
from astrolabe.store.log.sequencer import Sequencer
from astrolabe.store.log.tail import Tail
from astrolabe.store.streams.webhooks import Webhooks
from astrolabe.store.webhooks.deliveries import Attempt, Deliveries, Delivery
from astrolabe.store.webhooks.keys import WebhookKeys
from astrolabe.store.webhooks.settings import WebhookSettings
from astrolabe.workers.relay.webhooks.dispatcher import Dispatcher
from tests.domain.samples import AT, CHECK, COUNTERS, registered
from tests.store.stage import running

BY = Cause("ci", "because", "test")
HERE = (ip_network("127.0.0.0/8"),)


def done(upgrade_id: str) -> e.UpgradeSucceeded:
    """An upgrade that ended well."""
    return e.UpgradeSucceeded(upgrade_id, "6.10.1", (CHECK,), COUNTERS, AT)


class Stage:
    """A log with endpoints, and a relay's part that tells them."""

    def __init__(self, database: Database, folder: Path, **settings: Any) -> None:
        self.database = database
        self.log = Log(database)
        self.webhooks = Webhooks(self.log)
        self.deliveries = Deliveries(database)
        self.key_file: Path = settings.get("key_file") or folder / "keys" / "webhooks"
        self.settings = WebhookSettings(
            **{"allowed": HERE, "deadline": timedelta(seconds=30), **settings, "key_file": self.key_file}
        )
        self.keys = WebhookKeys.open(self.key_file)
        self.versions: dict[str, int] = {}

    async def add(self, url: str, name: str = "chat", **config: Any) -> str:
        """Add an endpoint; its id."""
        endpoint_id = new_id()
        command = AddEndpoint(endpoint_id, EndpointConfig(name, url, **config), self.keys.id)
        await self.webhooks.execute(command, BY)
        return endpoint_id

    async def complete(self, instance_id: str, many: int = 1) -> list[str]:
        """Let upgrades of an instance end well; the events' ids."""
        if instance_id not in self.versions:
            await self.log.append(instance_id, 0, [registered], BY)
            self.versions[instance_id] = 1
        version = self.versions[instance_id]
        self.versions[instance_id] += many
        told = await self.log.append(instance_id, version, [done(new_id()) for _ in range(many)], BY)
        await self.place()
        return [each.event_id for each in told]

    async def delivery(self, endpoint_id: str, event_id: str) -> tuple[Delivery, tuple[Attempt, ...]]:
        """Return a delivery that there is, with its attempts."""
        found = await self.deliveries.one(endpoint_id, event_id)
        assert found
        return found

    async def place(self) -> None:
        """Place every event."""
        await Sequencer(self.database).drain()

    @asynccontextmanager
    async def telling(self) -> AsyncIterator[Dispatcher]:
        """Let a relay tell the endpoints."""
        async with Tail(self.database) as tail:
            telling = Dispatcher(self.database, tail, self.settings)
            async with running(telling.run()):
                yield telling
