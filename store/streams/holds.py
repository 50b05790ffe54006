"""Holds, folded from the one stream they are recorded in, and the discarding of outputs that none of them keeps."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, cast

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

LATEST: Final = 5
"""Among how many of the latest events the last is looked for that names what is discarded."""

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
        self._log: Log = log

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
        # Whoever discarded before may have died in between, and what was named once is not named again.
        version = (await self._streams.current(HOLDS_STREAM)).version
        named = await self._log.read_stream(HOLDS_STREAM, max(0, version - LATEST))
        count = await _discard(outputs, cast("Sequence[Recorded[HoldEvent]]", named))
        async for page in outputs.expired():
            count += await _discard(outputs, (await self.execute(DiscardOutputs(page), CAUSE)).history)
        return count


async def _discard(outputs: Outputs, history: Sequence[Recorded[HoldEvent]]) -> int:
    """Discard what the last event that names any has named."""
    for each in reversed(history):
        if isinstance(each.event, OutputsDiscarded):
            return await outputs.discard(each.event.hashes, each.recorded_at)
    return 0
