"""Server-sent events: a stream that says what is new, while its token is good and until the server is asked to stop."""

import asyncio
import contextlib
import math
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Generator, Iterable
from datetime import UTC, datetime
from typing import Any, Final, cast

import msgspec
from litestar import Response
from litestar.response import Stream

from astrolabe.api.http.resources import AuthenticatedRequest, Resources, resources_of
from astrolabe.domain.access import Token
from astrolabe.store.log.tail import Growth
from astrolabe.store.outage import is_outage

MEDIA_TYPE: Final = "text/event-stream"
HEADERS: Final = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
HEARTBEAT_SECONDS = 15.0
"""How long a stream is silent at most, so that no proxy takes it for dead."""
HEARTBEAT: Final = b": heartbeat\n\n"


class Feed(ABC):
    """What a stream says, look after look."""

    about: bytes
    """What it says, in a few words."""
    topic: str | None = None
    """What else wakes it, beside the log; None where nothing does."""
    ended: bool = False
    """Whether nothing will ever follow."""
    seconds: float = math.inf
    """How soon is looked again where nothing has grown."""

    @abstractmethod
    async def look(self) -> Iterable[bytes]:
        """Return what is new since the last look, each as it is sent."""


def wants_stream(request: AuthenticatedRequest) -> bool:
    """Return whether a caller asks for a stream in place of a page."""
    return MEDIA_TYPE in request.headers.get("accept", "")


def streamed(request: AuthenticatedRequest, feed: Feed) -> Response[Any]:
    """Answer with a stream; it ends with the token that it was asked for with."""
    events = _events(resources_of(request), request.auth, feed)
    return cast("Response[Any]", cast("object", Stream(events, media_type=MEDIA_TYPE, headers=HEADERS)))


def message(kind: str, data: object, event_id: int | None = None) -> bytes:
    """Write one event as it is sent; without an id where a stream that breaks off need not be resumed after it."""
    resumed = b"" if event_id is None else b"id: %d\n" % event_id
    return b"%sevent: %s\ndata: %s\n\n" % (resumed, kind.encode(), msgspec.json.encode(data))


async def _events(resources: Resources, token: Token, feed: Feed) -> AsyncGenerator[bytes]:
    tail = resources.tail
    following = tail.following(feed.topic) if feed.topic else contextlib.nullcontext(tail)
    last = time.monotonic()
    try:
        with _stopping(resources) as stopping, following as growth:
            yield b": %s\n\n" % feed.about
            while not stopping.done() and await resources.tokens.is_good(token.token_id):
                heard = growth.heard
                for each in await feed.look():
                    yield each
                    last = time.monotonic()
                if feed.ended:
                    return
                if time.monotonic() - last >= HEARTBEAT_SECONDS:
                    yield HEARTBEAT
                    last = time.monotonic()
                wait = min(last + HEARTBEAT_SECONDS - time.monotonic(), _token_seconds(token), feed.seconds)
                await _until_more(growth, heard, stopping, wait)
    except Exception as error:
        # The caller comes back, with Last-Event-ID where there are ids, and finds the database up, or gets a problem.
        if not is_outage(error):
            raise


@contextlib.contextmanager
def _stopping(resources: Resources) -> Generator[asyncio.Task[bool]]:
    stopping = asyncio.create_task(resources.stopping.wait())
    try:
        yield stopping
    finally:
        stopping.cancel()


def _token_seconds(token: Token) -> float:
    """Return how long a token is good."""
    return max(0.0, (token.expires_at - datetime.now(UTC)).total_seconds()) if token.expires_at else math.inf


async def _until_more(growth: Growth, heard: int, stopping: asyncio.Task[bool], seconds: float) -> None:
    """Wait until something has grown since it was heard, the server is asked to stop, or some seconds have passed."""
    grown = asyncio.create_task(growth.wait(seconds, since=heard))
    try:
        await asyncio.wait({grown, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        grown.cancel()
