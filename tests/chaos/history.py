"""The history of an instance as it was seen to grow: what was once in the log must stay in it, byte for byte."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final, cast

import asyncpg

from astrolabe.domain.upgrades.decider import INSTANCE_DECIDER
from astrolabe.domain.upgrades.states import State
from astrolabe.store.log.entry import recorded
from astrolabe.store.streams.instances import InstanceRecorded
from tests.chaos.moment import Moment, place_of
from tests.chaos.writers import AWAY

POLL_SECONDS: Final = 0.02

MORE: Final = """
SELECT entry, recorded_at FROM astrolabe.event WHERE stream_id = $1 AND version > $2 ORDER BY version
"""


class History:
    """One instance's stream, followed in the log's own table while its server comes and goes."""

    def __init__(self, instance_id: str) -> None:
        self.instance_id: Final = instance_id
        self.seen: Final[list[InstanceRecorded]] = []
        self.seen_at: Final[list[float]] = []
        self.state: State = INSTANCE_DECIDER.initial
        self._grown: Final = asyncio.Condition()

    @classmethod
    @asynccontextmanager
    async def followed(cls, log_url: str, instance_id: str) -> "AsyncGenerator[History]":
        """Follow a stream until the end of the block."""
        history = cls(instance_id)
        following = asyncio.create_task(history._follow(log_url))
        try:
            yield history
        finally:
            following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await following

    @property
    def last_at(self) -> float:
        """Say when the last event was seen, on this process's clock."""
        return self.seen_at[-1] if self.seen_at else 0.0

    async def until(self, moment: Moment) -> None:
        """Wait for a moment."""
        async with self._grown:
            await self._grown.wait_for(lambda: self._count(moment.event) >= moment.nth)
        await asyncio.sleep(moment.ms / 1000)

    def reached(self, moment: Moment) -> bool:
        """Return whether the event of a moment has happened."""
        return self._count(moment.event) >= moment.nth

    def _count(self, place: str) -> int:
        return sum(place_of(each) == place for each in self.seen)

    async def _follow(self, log_url: str) -> None:
        while True:
            with contextlib.suppress(*AWAY):
                connection = await asyncpg.connect(log_url, timeout=2)
                try:
                    await self._read(connection)
                finally:
                    connection.terminate()
            await asyncio.sleep(POLL_SECONDS)

    async def _read(self, connection: asyncpg.Connection) -> None:
        while True:
            rows = await connection.fetch(MORE, uuid.UUID(self.instance_id), len(self.seen), timeout=2)
            if rows:
                await self._take([(str(row[0]), row[1]) for row in rows])
            await asyncio.sleep(POLL_SECONDS)

    async def _take(self, rows: list[tuple[str, datetime]]) -> None:
        async with self._grown:
            for entry, at in rows:
                self.seen.append(cast("InstanceRecorded", recorded(entry, at, None)))
                self.state = INSTANCE_DECIDER.evolve(self.state, self.seen[-1].event)
                self.seen_at.append(time.monotonic())
            self._grown.notify_all()
