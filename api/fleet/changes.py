"""The route of changes: says when what lists show has changed, so that nobody has to ask again and again."""

import math
from collections.abc import Iterable
from typing import Final

from litestar import Response
from msgspec import Struct
from typing_extensions import override

from astrolabe.api.http.resources import AuthenticatedRequest, resources_of
from astrolabe.api.http.rights import reach_of
from astrolabe.api.http.route import get
from astrolabe.api.http.server_sent import Feed, message, streamed, wants_stream
from astrolabe.domain.reach import Reach
from astrolabe.store.views.fleet import Fleet

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
    if wants_stream(request):
        return streamed(request, ChangesFeed(resources.fleet, reach))
    return Response(ListCursor(await resources.fleet.cursor(reach)))


class ChangesFeed(Feed):
    """That something of what may be seen has changed, at first and each time, for ever."""

    about: bytes = b"that something changed"

    def __init__(self, fleet: Fleet, reach: Reach) -> None:
        self._fleet: Fleet = fleet
        self._reach: Reach = reach
        self._known: int = -2
        self._pause: float = SOON_SECONDS

    @override
    async def look(self) -> Iterable[bytes]:
        shown, end = await self._fleet.positions()
        cursor = await self._fleet.cursor(self._reach)
        changed = cursor != self._known
        if changed:
            self._known, self._pause = cursor, SOON_SECONDS
        self.seconds: float = math.inf
        if shown < end:
            self.seconds, self._pause = self._pause, min(2 * self._pause, LATEST_SECONDS)
        return [message("changed", ListCursor(cursor))] if changed else []


ROUTES = (follow_changes,)
