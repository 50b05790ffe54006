"""The dispatcher: follows the log, and keeps a lane for every endpoint that is enabled."""

import asyncio
import logging
from typing import Final, cast

from astrolabe.domain.webhooks.endpoint import Endpoint
from astrolabe.store.database import Database
from astrolabe.store.errors import StoreError
from astrolabe.store.log.log import Log
from astrolabe.store.log.tail import Tail
from astrolabe.store.outage import is_outage
from astrolabe.store.streams.webhooks import Webhooks
from astrolabe.store.webhooks.deliveries import Deliveries
from astrolabe.store.webhooks.fan_out import FanOut
from astrolabe.store.webhooks.keys import WebhookKeys
from astrolabe.store.webhooks.settings import WebhookSettings
from astrolabe.workers.backoff import through_outages
from astrolabe.workers.relay.webhooks.lane import Lane
from astrolabe.workers.relay.webhooks.sending import Sender

LOG = logging.getLogger("astrolabe.webhooks")

POLL_SECONDS: Final = 1.0
"""How often the endpoints are looked at, at the most; and where one of them waits for its key, at the least."""

GATHER_SECONDS: Final = 0.02
"""How long events are gathered before it is recorded who is sent them: workers are notified first."""

RETENTION_SECONDS: Final = 3600.0


class Dispatcher:
    """Everything that has to do with webhooks; any number of relays may run it, and share the work."""

    def __init__(self, database: Database, tail: Tail, settings: WebhookSettings) -> None:
        log = Log(database)
        self._tail: Final = tail
        self._settings: Final = settings
        self._keys: WebhookKeys | None = None
        self._fan_out: Final = FanOut(database, log)
        self._webhooks: Final = Webhooks(log)
        self._deliveries: Final = Deliveries(database)
        self._lanes: Final[dict[str, tuple[Lane, asyncio.Task[None]]]] = {}
        self._complained: Final[set[str]] = set()

    async def run(self) -> None:
        """Follow the log for ever."""
        try:
            async with asyncio.TaskGroup() as group:
                for part in (self._note, self._keep_lanes, self._drop_old):
                    group.create_task(through_outages(part))
        finally:
            await self._end(list(self._lanes))

    async def _note(self) -> None:
        while True:
            heard = self._tail.heard
            if await self._fan_out.step():
                for lane, _ in self._lanes.values():
                    lane.wake()
            else:
                await self._tail.wait(since=heard)
                await asyncio.sleep(GATHER_SECONDS)

    async def _keep_lanes(self) -> None:
        while True:
            heard = self._tail.heard
            endpoints = (await self._webhooks.current()).by_id
            keys = self._open_keys() if endpoints else None
            wanted = {
                key: each for key, each in endpoints.items() if keys and not each.disabled and self._is_ours(each, keys)
            }
            await self._end([key for key, (_, task) in self._lanes.items() if key not in wanted or task.done()])
            for key, endpoint in wanted.items():
                self._keep(key, endpoint, cast("WebhookKeys", keys))
            # An endpoint is an event of the log; its key is a file, of which nobody is notified.
            if all(key in wanted or each.disabled for key, each in endpoints.items()):
                await self._tail.wait(since=heard)
            await asyncio.sleep(POLL_SECONDS)

    def _open_keys(self) -> WebhookKeys | None:
        # Whoever has no webhooks needs no key file; whoever has, and lost it, can still do upgrades.
        if self._keys is None:
            try:
                self._keys = WebhookKeys.open(self._settings.key_file)
            except StoreError as error:
                self._complain("", "webhooks wait: %s", error)
        return self._keys

    def _keep(self, key: str, endpoint: Endpoint, keys: WebhookKeys) -> None:
        if key in self._lanes:
            self._lanes[key][0].endpoint = endpoint
            return
        sender = Sender(self._settings, keys)
        lane = Lane(endpoint, self._deliveries, self._webhooks, sender, self._settings)
        self._lanes[key] = lane, asyncio.create_task(self._lasting(lane), name=f"webhook {endpoint.config.name}")

    async def _lasting(self, lane: Lane) -> None:
        # One endpoint's fault must not end the others' lanes.
        while True:
            try:
                await lane.run()
            except Exception as error:
                if not is_outage(error):
                    LOG.exception("webhook %s stopped", lane.endpoint.config.name)
            else:
                return
            await asyncio.sleep(POLL_SECONDS)

    async def _end(self, keys: list[str]) -> None:
        tasks = [self._lanes.pop(key)[1] for key in keys]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _is_ours(self, endpoint: Endpoint, keys: WebhookKeys) -> bool:
        if endpoint.key_id == keys.id:
            self._complained.discard(endpoint.endpoint_id)
            return True
        # Whoever corrects the file need not start us again.
        self._keys = None
        said = "webhook %s waits: its secret is of another master key than %s; use the API's file, or rotate it"
        self._complain(endpoint.endpoint_id, said, endpoint.config.name, self._settings.key_file)
        return False

    def _complain(self, about: str, said: str, *words: object) -> None:
        if about not in self._complained:
            self._complained.add(about)
            LOG.error(said, *words)

    async def _drop_old(self) -> None:
        while True:
            await self._deliveries.drop_old()
            await asyncio.sleep(RETENTION_SECONDS)
