"""Replaying: the whole log into the typed states of its instances."""

import time

from astrolabe.domain.upgrades.evolve import evolve
from astrolabe.domain.upgrades.states import Absent, State
from astrolabe.store.database import Database
from astrolabe.store.log.entry import AnyRecorded
from astrolabe.store.log.log import Log
from astrolabe.store.log.replay import replay_instances
from astrolabe.store.migrate import migrate
from bench.history import EVENTS, UPGRADES, fill


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
        many, stream_id = 0, ""
        state: State = Absent()

        async def take(events: list[AnyRecorded]) -> None:
            nonlocal many, stream_id, state
            for each in events:
                if each.stream_id != stream_id:
                    stream_id, state = each.stream_id, Absent()
                state = evolve(state, each.event)  # pyright: ignore[reportArgumentType]  tokens are left out
            many += len(events)

        async with Database(self._url, pool_size=2) as database:
            last, started = await Log(database).last_position(), time.perf_counter()
            await replay_instances(database, last, take)
            return many / (time.perf_counter() - started)
