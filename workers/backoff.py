"""Back-off: pauses that grow with every failure in a row, and begin anew once something went well for a while."""

import asyncio
import itertools
import logging
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import redis
from dramatiq.errors import DramatiqError

from astrolabe.store.outage import is_outage

LOG = logging.getLogger("astrolabe.outage")

SHORTEST_SECONDS, LONGEST_SECONDS = 0.1, 5.0


def pauses(shortest: float, longest: float) -> Iterator[float]:
    """Yield the seconds to wait after each failure in a row: twice as many each time, up to the longest."""
    return (min(shortest * 2**failures, longest) for failures in itertools.count())


async def through_outages(part: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Begin a part again whenever a server that it needs is away; it has forgotten nothing, for its place is kept.

    Whatever is no outage is raised.
    """
    # A retry library counts the failures of one call: one that lasted for weeks would be as far back as one that never
    # began. What it logs holds the arguments of the error, which may be secrets.
    waits = pauses(SHORTEST_SECONDS, LONGEST_SECONDS)
    while True:
        started = asyncio.get_running_loop().time()
        try:
            await part()
        except Exception as error:
            if not (is_outage(error) or isinstance(error, redis.RedisError | DramatiqError)):
                raise
            LOG.warning("%s: %s: %s", part.__name__, type(error).__name__, str(error).partition("\n")[0])
        if asyncio.get_running_loop().time() - started > LONGEST_SECONDS:
            waits = pauses(SHORTEST_SECONDS, LONGEST_SECONDS)
        await asyncio.sleep(next(waits))
