"""A stream of server-sent events: what happens to one upgrade, as it happens."""

import asyncio
import math
import time
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import msgspec

from astrolabe.api.http.event import cursor_of, event_view
from astrolabe.api.http.resources import AuthenticatedRequest, resources_of
from astrolabe.api.http.rights import reach_of
from astrolabe.api.upgrades import progress
from astrolabe.api.upgrades.follower import Follower
from astrolabe.domain.access import Token
from astrolabe.store.log.tail import Growth
from astrolabe.store.outage import is_outage
from astrolabe.store.streams.instances import InstanceRecorded

MEDIA_TYPE = "text/event-stream"
HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
HEARTBEAT_SECONDS = 15.0
"""How long a stream is silent at most, so that no proxy takes it for dead."""
HEARTBEAT = b": heartbeat\n\n"


async def stream(request: AuthenticatedRequest, follower: Follower, after: int) -> AsyncGenerator[bytes]:
    """Return an upgrade's events after a cursor until it has ended, or the server is asked to stop.

    It also ends with the token that it was asked for with. While an upgrade is under way no label changes.
    """
    resources = resources_of(request)
    stopping = asyncio.create_task(resources.stopping.wait())
    try:
        yield b": events of one upgrade\n\n"
        with resources.tail.following(follower.upgrade_id) as growth:
            async for said in _said(request, follower, after, growth, stopping):
                yield said
    except Exception as error:
        # The caller comes back with Last-Event-ID, and finds the database up again, or gets a problem.
        if not is_outage(error):
            raise
    finally:
        stopping.cancel()


async def _said(
    request: AuthenticatedRequest, follower: Follower, after: int, growth: Growth, stopping: asyncio.Task[bool]
) -> AsyncGenerator[bytes]:
    resources, placed = resources_of(request), reach_of(request).is_all
    last = time.monotonic()
    while not stopping.done():
        heard = growth.heard
        if not await resources.tokens.is_good(request.auth.token_id):
            return
        for each in await follower.read():
            cursor = cursor_of(each, placed=placed)
            if cursor is not None and cursor > after:
                yield message(each, placed=placed)
                last = time.monotonic()
        if follower.ended:
            return
        if tick := await follower.tick():
            yield progress.message(tick)
            last = time.monotonic()
        if time.monotonic() - last >= HEARTBEAT_SECONDS:
            yield HEARTBEAT
            last = time.monotonic()
        wait = min(last + HEARTBEAT_SECONDS - time.monotonic(), token_seconds(request.auth))
        await until_more(growth, heard, stopping, wait)


def token_seconds(token: Token) -> float:
    """Return how long a token is good."""
    return max(0.0, (token.expires_at - datetime.now(UTC)).total_seconds()) if token.expires_at else math.inf


async def until_more(growth: Growth, heard: int, stopping: asyncio.Task[bool], seconds: float) -> None:
    """Wait until something has grown since it was heard, the server is asked to stop, or some seconds have passed."""
    grown = asyncio.create_task(growth.wait(seconds, since=heard))
    try:
        await asyncio.wait({grown, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        grown.cancel()


def message(recorded: InstanceRecorded, *, placed: bool) -> bytes:
    """Write one event as it is sent: its cursor as id, its type, and the same JSON as in lists."""
    view = event_view(recorded, placed=placed)
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (view.cursor or 0, view.type.encode(), msgspec.json.encode(view))
