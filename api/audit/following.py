"""The route of the whole log as it grows: every event of every stream, in the log's order."""

import math
from collections.abc import Iterable
from typing import Annotated, Final

from litestar import Response
from litestar.params import QueryParameter
from typing_extensions import override

from astrolabe.api.audit.trail import AuditPage, audit_event
from astrolabe.api.http.paging import next_page
from astrolabe.api.http.parameters import LARGEST_POSITION, LastEventId, Limit
from astrolabe.api.http.resources import AuthenticatedRequest, resources_of
from astrolabe.api.http.route import get
from astrolabe.api.http.server_sent import Feed, message, streamed, wants_stream
from astrolabe.store.audit.trail import Filter, Trail

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
    if wants_stream(request):
        return streamed(request, LogFeed(resources.trail, max(after, last_event_id)))
    page = await resources.trail.page(EVERYTHING, after, limit)
    link = None if page.after is None else next_page("/events", {"after": page.after, "limit": limit})
    return Response(AuditPage(tuple(map(audit_event, page.events)), link))


class LogFeed(Feed):
    """Every event of the log after a position, for ever."""

    about: bytes = b"every event of the log"

    def __init__(self, trail: Trail, after: int) -> None:
        self._trail: Trail = trail
        self._after: int = after

    @override
    async def look(self) -> Iterable[bytes]:
        page = await self._trail.page(EVERYTHING, self._after, AT_ONCE)
        events = [audit_event(each) for each in page.events]
        last = events[-1].position if events else self._after
        self._after = last if page.after is None else page.after
        self.seconds: float = math.inf if page.after is None else 0.0
        return [message(each.type, each, each.position) for each in events]


ROUTES = (follow_log,)
