"""The route of changes: says when what lists show has changed, so that nobody has to ask again and again."""

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Final, cast

from litestar import Response
from litestar.response import Stream
from msgspec import Struct

from astrolabe.api.http.resources import AuthenticatedRequest, Resources, resources_of
from astrolabe.api.http.rights import reach_of
from astrolabe.api.http.route import get
from astrolabe.api.upgrades.stream import HEADERS, HEARTBEAT, HEARTBEAT_SECONDS, MEDIA_TYPE, token_seconds, until_more
from astrolabe.domain.access import Token
from astrolabe.domain.reach import Reach
from astrolabe.store.outage import is_outage

SOON_SECONDS: Final = 0.1
LATEST_SECONDS: Final = 2.0
"""How soon is looked again for lists that are behind the log: at first, and at last where nobody brings them up."""


class ListCursor(Struct, frozen=True):
    """What lists show now."""

    cursor: int
    """A number that is another one whenever something of what the token may see has changed."""


@get("/changes", summary="Hear of changes", tag="instances", scope="read", narrowed=True)
async def follow_changes(request: AuthenticatedRequest) -> Response[ListCursor]:
    """Return a cursor of what lists show; with `Accept: text/event-stream`, stream that whenever it has changed.

    An event `changed` comes at first and with each change of what the token may see. It says that something changed
    and not what: ask for what you show. The stream ends with the token.
    """
    resources, reach = resources_of(request), reach_of(request)
    if MEDIA_TYPE not in request.headers.get("accept", ""):
        return Response(ListCursor(await resources.fleet.cursor(reach)))
    events = _changes(resources, reach, request.auth)
    return cast("Response[ListCursor]", cast("object", Stream(events, media_type=MEDIA_TYPE, headers=HEADERS)))


async def _changes(resources: Resources, reach: Reach, token: Token) -> AsyncGenerator[bytes]:
    stopping = asyncio.create_task(resources.stopping.wait())
    known, last, pause = -2, time.monotonic(), SOON_SECONDS
    try:
        yield b": that something changed\n\n"
        while not stopping.done() and await resources.tokens.is_good(token.token_id):
            heard = resources.tail.heard
            shown, end = await resources.fleet.positions()
            if (cursor := await resources.fleet.cursor(reach)) != known:
                yield b'event: changed\ndata: {"cursor":%d}\n\n' % cursor
                known, last, pause = cursor, time.monotonic(), SOON_SECONDS
            elif time.monotonic() - last >= HEARTBEAT_SECONDS:
                yield HEARTBEAT
                last = time.monotonic()
            wait = min(last + HEARTBEAT_SECONDS - time.monotonic(), token_seconds(token))
            if shown < end:
                wait, pause = min(wait, pause), min(2 * pause, LATEST_SECONDS)
            await until_more(resources.tail, heard, stopping, wait)
    except Exception as error:
        # Whoever asks comes back, and finds the database up again, or gets a problem.
        if not is_outage(error):
            raise
    finally:
        stopping.cancel()


ROUTES = (follow_changes,)
