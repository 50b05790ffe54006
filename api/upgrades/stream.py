"""A stream of server-sent events: what happens to one upgrade, as it happens."""

import asyncio
import time
from collections.abc import AsyncGenerator

import msgspec

from astrolabe.api.http.event import event_view
from astrolabe.api.http.resources import Resources
from astrolabe.api.upgrades import progress
from astrolabe.api.upgrades.follower import Follower
from astrolabe.store.outage import is_outage
from astrolabe.store.streams.instances import InstanceRecorded

MEDIA_TYPE = "text/event-stream"
HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
HEARTBEAT_SECONDS = 15.0
"""How long a stream is silent at most, so that no proxy takes it for dead."""
HEARTBEAT = b": heartbeat\n\n"


async def stream(resources: Resources, follower: Follower, after: int, token_id: str) -> AsyncGenerator[bytes]:
    """Return an upgrade's events after a position until it has ended, or the server is asked to stop.

    It also ends with the token that it was asked for with.
    """
    stopping = asyncio.create_task(resources.stopping.wait())
    try:
        yield b": events of one upgrade\n\n"
        last = time.monotonic()
        while not stopping.done():
            heard = resources.tail.heard
            if not await resources.tokens.is_good(token_id):
                return
            for each in await follower.read():
                if each.position is not None and each.position > after:
                    yield message(each)
                    last = time.monotonic()
            if follower.ended:
                return
            if tick := await follower.tick():
                yield progress.message(tick)
                last = time.monotonic()
            if time.monotonic() - last >= HEARTBEAT_SECONDS:
                yield HEARTBEAT
                last = time.monotonic()
            await _more(resources, heard, stopping, last + HEARTBEAT_SECONDS - time.monotonic())
    except Exception as error:
        # The caller comes back with Last-Event-ID, and finds the database up again, or gets a problem.
        if not is_outage(error):
            raise
    finally:
        stopping.cancel()


async def _more(resources: Resources, heard: int, stopping: asyncio.Task[bool], seconds: float) -> None:
    grown = asyncio.create_task(resources.tail.wait(seconds, since=heard))
    try:
        await asyncio.wait({grown, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        grown.cancel()


def message(recorded: InstanceRecorded) -> bytes:
    """Write one event as it is sent: its position as id, its type, and the same JSON as in lists."""
    view = event_view(recorded)
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (view.position or 0, view.type.encode(), msgspec.json.encode(view))
