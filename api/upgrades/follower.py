"""A follower: reads on in one upgrade's events, in the order of the whole log, until it has ended."""

from itertools import takewhile
from typing import cast

from astrolabe.api.upgrades.operation import belongs
from astrolabe.domain.upgrades.events import StepStarted
from astrolabe.domain.upgrades.upgrade_row import DONE, UpgradeRow, upgrade_row
from astrolabe.domain.words import Step
from astrolabe.store.log.log import Log
from astrolabe.store.progress import ProgressBoard, Tick
from astrolabe.store.streams.instances import InstanceRecorded


class Follower:
    """A place in an upgrade's events; `ended` once all of an ended upgrade was read."""

    def __init__(self, log: Log, board: ProgressBoard, instance_id: str, upgrade_id: str) -> None:
        self._log: Log = log
        self._board: ProgressBoard = board
        self._instance_id: str = instance_id
        self.upgrade_id: str = upgrade_id
        self._version: int = 0
        self._row: UpgradeRow | None = None
        self._begun: tuple[int, Step] | None = None
        self._tick: Tick | None = None
        self.ended: bool = False

    async def read(self) -> list[InstanceRecorded]:
        """Return the upgrade's events that were given a position since the last time."""
        more = cast("list[InstanceRecorded]", await self._log.read_stream(self._instance_id, self._version))
        placed = list(takewhile(lambda each: each.position is not None, more))
        mine = [each for each in placed if belongs(each, self.upgrade_id)]
        for each in mine:
            self._row = upgrade_row(self._row, each)
            if isinstance(each.event, StepStarted):
                self._begun = each.event.attempt, each.event.step
        if placed:
            self._version = placed[-1].version
        waiting = any(belongs(each, self.upgrade_id) for each in more[len(placed) :])
        self.ended = self._row is not None and self._row.status in DONE and not waiting
        return mine

    async def tick(self) -> Tick | None:
        """Return how far the step under way is; None where that was returned before, or nothing stands there."""
        tick = None if self.ended else await self._board.latest(self._instance_id, self.upgrade_id)
        if tick is None or tick == self._tick or (tick.attempt, tick.step) != self._begun:
            return None
        self._tick = tick
        return tick
