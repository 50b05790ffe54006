"""The sequencer: gives each committed event its gapless place in the whole log."""

import asyncio

from astrolabe.store.database import Database
from astrolabe.store.log import sql
from astrolabe.store.log.appended import CHANNEL
from astrolabe.store.log.tail import Growth, Tail

BATCH = 1000
IDLE_SECONDS = 5.0
"""How long an append may wait unseen where whoever made it died before its notification."""

BUSY_SECONDS = 0.005
"""How long a busy log's events gather for one step: each step is a flush of the disk that the appends share."""

BUSY = 16
"""How many events a step places where the log is busy; the fewer they are, the sooner the next step follows."""


class Sequencer:
    """Moves events from the hand-over queue into the log's order; any number may run, one works at a time."""

    def __init__(self, database: Database) -> None:
        self._database: Database = database

    async def step(self) -> int:
        """Place what waits, up to a batch; return how many events were placed."""
        return await self._database.hot.fetchval(sql.SEQUENCE, BATCH)

    async def drain(self) -> None:
        """Place everything that waits now."""
        while await self.step():
            pass

    async def run(self, appends: Growth | None = None) -> None:
        """Place events for ever; `appends` hears of each append, None where a connection is to be opened for that."""
        if appends is None:
            async with Tail(self._database, CHANNEL) as own:
                await self._run(own)
        else:
            await self._run(appends)

    async def _run(self, appends: Growth) -> None:
        while True:
            heard = appends.heard
            placed = await self.step()
            if placed and placed < BATCH:
                await asyncio.sleep(BUSY_SECONDS * min(1.0, placed / BUSY))
            elif not placed:
                await appends.wait(IDLE_SECONDS, since=heard)
