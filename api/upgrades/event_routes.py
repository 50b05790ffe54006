"""The route of an upgrade's events: a list, or a stream where one is asked for."""

from typing import cast

from litestar import Response
from litestar.openapi import ResponseSpec

from astrolabe.api.http.etag import unless_known
from astrolabe.api.http.event import EventPage, cursor_of, event_view
from astrolabe.api.http.parameters import IfNoneMatch, LastEventId, UpgradeId
from astrolabe.api.http.references import find_upgrade
from astrolabe.api.http.resources import AuthenticatedRequest, resources_of
from astrolabe.api.http.rights import reach_of
from astrolabe.api.http.route import ETAG, UNCHANGED, get
from astrolabe.api.http.server_sent import streamed, wants_stream
from astrolabe.api.upgrades.follower import Follower
from astrolabe.api.upgrades.operation import belongs, operation
from astrolabe.api.upgrades.stream import UpgradeFeed


@get(
    "/upgrades/{upgrade_id:str}/events",
    summary="Read or follow an upgrade's events",
    tag="upgrades",
    scope="read",
    narrowed=True,
    trail=True,
    headers=(ETAG,),
    answers={
        **UNCHANGED,
        204: ResponseSpec(None, description="The upgrade has ended and all of it was sent: do not connect again"),
    },
    problems=("upgrade-unknown", "parameter-invalid"),
)
async def show_events(
    request: AuthenticatedRequest,
    upgrade_id: UpgradeId,
    last_event_id: LastEventId = -1,
    if_none_match: IfNoneMatch = None,
) -> Response[EventPage]:
    """List an upgrade's events; with `Accept: text/event-stream`, stream them until the upgrade has ended.

    In the stream an event's id is its `cursor`; `Last-Event-ID` resumes after it.
    An event `progress` has no id: it says how far the step under way is, as `progress` of the upgrade does.
    """
    resources = resources_of(request)
    loaded = await find_upgrade(request, upgrade_id)
    placed = reach_of(request).is_all
    mine = [each for each in loaded.history if belongs(each, upgrade_id)]
    if not wants_stream(request):
        page = EventPage(tuple(event_view(each, placed=placed) for each in mine))
        settled = all(each.position is not None for each in mine)
        return unless_known(if_none_match, loaded.version, page, settled=settled)
    cursors = [cursor_of(each, placed=placed) for each in mine]
    unsent = any(cursor is None or cursor > last_event_id for cursor in cursors)
    if operation(loaded, upgrade_id).done and not unsent:
        return cast("Response[EventPage]", Response(None, status_code=204))
    follower = Follower(resources.log, resources.progress, loaded.stream_id, upgrade_id)
    return streamed(request, UpgradeFeed(follower, last_event_id, placed=placed))


ROUTES = (show_events,)
