"""Holds, folded from the one stream they are recorded in, and the discarding of outputs that none of them keeps."""

from datetime import datetime
from typing import Final

from msgspec import Struct

from astrolabe.domain.holds import (
    HOLDS_DECIDER,
    DiscardOutputs,
    Hold,
    HoldCommand,
    HoldEvent,
    HoldPlaced,
    Holds,
    OutputsDiscarded,
)
from astrolabe.domain.recorded import Cause, Recorded
from astrolabe.domain.streams import HOLDS_STREAM
from astrolabe.store.log.log import Log
from astrolabe.store.outputs import Outputs
from astrolabe.store.streams.stream import OneStream, Streams

CAUSE: Final = Cause("relay", "their retention has ended", "relay")


class PlacedHold(Struct, frozen=True):
    """A hold that was not lifted, and who placed it, why and when."""

    hold: Hold
    cause: Cause
    at: datetime


def placed_hold(recorded: Recorded[HoldEvent]) -> PlacedHold:
    """Return the hold that an event placed."""
    (hold,) = HOLDS_DECIDER.replay([recorded.event]).by_id.values()
    return PlacedHold(hold, recorded.cause, recorded.recorded_at)


class HoldsInForce(OneStream[HoldCommand, Holds, HoldEvent]):
    """All holds."""

    def __init__(self, log: Log) -> None:
        super().__init__(Streams(log, HOLDS_DECIDER, "hold"), HOLDS_STREAM)

    async def placed(self) -> list[PlacedHold]:
        """List the holds that were not lifted, those placed first before the others."""
        loaded = await self._streams.load(HOLDS_STREAM)
        found = [placed_hold(each) for each in loaded.history if isinstance(each.event, HoldPlaced)]
        return [each for each in found if each.hold.hold_id in loaded.state.by_id]

    async def discard_expired(self, outputs: Outputs) -> int:
        """Record that the outputs whose retention has ended, and that nobody holds, are gone, and discard them.

        Recorded first: whoever looks for a hash finds the output or that event, whenever this ends. A hold that is
        placed meanwhile is decided on, for both are in one stream. Returns how many there were.
        """
        count = 0
        async for page in outputs.expired():
            after = await self.execute(DiscardOutputs(page), CAUSE)
            last = after.history[-1].event if after.history else None
            if isinstance(last, OutputsDiscarded):
                count += await outputs.discard(last.hashes)
        return count
