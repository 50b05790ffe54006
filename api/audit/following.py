"""The route of the whole log as it grows: every event of every stream, in the log's order."""

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Annotated, Final, cast

import msgspec
from litestar import Response
from litestar.params import QueryParameter
from litestar.response import Stream

from astrolabe.api.audit.trail import AuditEvent, AuditPage, audit_event
from astrolabe.api.http.paging import next_page
from astrolabe.api.http.parameters import LARGEST_POSITION, LastEventId, Limit
from astrolabe.api.http.resources import AuthenticatedRequest, Resources, resources_of
from astrolabe.api.http.route import get
from astrolabe.api.upgrades.stream import HEADERS, HEARTBEAT, HEARTBEAT_SECONDS, MEDIA_TYPE, token_seconds, until_more
from astrolabe.domain.access import Token
from astrolabe.store.audit.trail import Filter
from astrolabe.store.outage import is_outage

EVERYTHING: Final = Filter()
AT_ONCE: Final = 200
"""How many events are read at a time, which is what one stream takes of memory."""


@get(
    "/events",
    summary="Read or follow the whole log",
    tag="audit",
    scope="read",
    trail=True,
    problems=("parameter-invalid",),
)
async def follow_log(
    request: AuthenticatedRequest,
    *,
    after: Annotated[
        int, QueryParameter(ge=-1, le=LARGEST_POSITION, description="Only events after this position.")
    ] = -1,
    limit: Limit = 100,
    last_event_id: LastEventId = -1,
) -> Response[AuditPage]:
    """List every event of the log in its order; with `Accept: text/event-stream`, stream them as they happen.

    In the stream an event's id is its `position`; `Last-Event-ID` resumes after it, and comes before `after`.
    The stream ends with the token. `/audit/events` has filters.
    """
    resources = resources_of(request)
    if MEDIA_TYPE in request.headers.get("accept", ""):
        begin = max(after, last_event_id)
        events = _stream(resources, request.auth, begin)
        return cast("Response[AuditPage]", cast("object", Stream(events, media_type=MEDIA_TYPE, headers=HEADERS)))
    page = await resources.trail.page(EVERYTHING, after, limit)
    link = None if page.after is None else next_page("/events", {"after": page.after, "limit": limit})
    return Response(AuditPage(tuple(map(audit_event, page.events)), link))


async def _stream(resources: Resources, token: Token, after: int) -> AsyncGenerator[bytes]:
    stopping = asyncio.create_task(resources.stopping.wait())
    try:
        yield b": every event of the log\n\n"
        last = time.monotonic()
        while not stopping.done() and await resources.tokens.is_good(token.token_id):
            heard = resources.tail.heard
            page = await resources.trail.page(EVERYTHING, after, AT_ONCE)
            for event in map(audit_event, page.events):
                yield _message(event)
                after, last = event.position, time.monotonic()
            if page.after is not None:
                after = page.after
                continue
            if time.monotonic() - last >= HEARTBEAT_SECONDS:
                yield HEARTBEAT
                last = time.monotonic()
            wait = min(last + HEARTBEAT_SECONDS - time.monotonic(), token_seconds(token))
            await until_more(resources.tail, heard, stopping, wait)
    except Exception as error:
        # The caller comes back with Last-Event-ID, and finds the database up again, or gets a problem.
        if not is_outage(error):
            raise
    finally:
        stopping.cancel()


def _message(event: AuditEvent) -> bytes:
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.position, event.type.encode(), msgspec.json.encode(event))


ROUTES = (follow_log,)
