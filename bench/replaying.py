"""Replaying: the whole log into the typed states of its instances."""

import time

from astrolabe.store.database import Database
from astrolabe.store.log.log import Log
from astrolabe.store.log.replay import replay_instances
from astrolabe.store.migrate import migrate
from bench.history import EVENTS, UPGRADES, fill
from bench.states import States


class Replay:
    """One reader, who folds every instance from its beginning."""

    def __init__(self, url: str, events: int) -> None:
        self.name: str = "astrolabe"
        self._url: str = url
        self._events: int = events

    async def prepare(self) -> None:
        """Fill the log."""
        await migrate(self._url)
        await fill(self._url, self._events // (UPGRADES * EVENTS + 1))

    async def run(self, clients: int, seconds: float) -> float:
        """Fold everything, however long it takes; return events a second."""
        del clients, seconds
        async with Database(self._url, pool_size=2) as database:
            last, started = await Log(database).last_position(), time.perf_counter()
            many = sum([each async for each in replay_instances(database, last, States)])
            return many / (time.perf_counter() - started)
