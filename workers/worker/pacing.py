"""Pacing: what is due again as soon as it was done led nowhere, and is done again after a pause."""

import asyncio
import logging
from collections.abc import Iterator

from astrolabe.domain.upgrades.reconcile import Due
from astrolabe.workers.backoff import LONGEST_SECONDS, SHORTEST_SECONDS, pauses

LOG = logging.getLogger("astrolabe.worker")


class Pacing:
    """Lets a worker wait before it does the same thing on one instance once more, longer each time."""

    def __init__(self, instance_id: str) -> None:
        self._instance_id: str = instance_id
        self._done: Due | None = None
        self._waits: Iterator[float] = pauses(SHORTEST_SECONDS, LONGEST_SECONDS)

    async def before(self, doing: Due) -> None:
        """Wait where this was the last thing done: nothing followed, as from a fact that the log refused."""
        if doing != self._done:
            self._done, self._waits = doing, pauses(SHORTEST_SECONDS, LONGEST_SECONDS)
            return
        wait = next(self._waits)
        LOG.warning("%s: %s led nowhere, and is due again: in %g s", self._instance_id, doing, wait)
        await asyncio.sleep(wait)
