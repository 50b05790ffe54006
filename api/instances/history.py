"""The routes of an instance's past: its history, and the rollback point that it led to."""

from litestar import Response

from astrolabe.api.http.etag import unless_known
from astrolabe.api.http.event import EventPage, event_view
from astrolabe.api.http.paging import next_page, page_of
from astrolabe.api.http.parameters import AfterVersion, At, IfNoneMatch, InstanceRef, Limit, as_of
from astrolabe.api.http.problems import ApiProblem
from astrolabe.api.http.references import find_instance
from astrolabe.api.http.resources import AuthenticatedRequest
from astrolabe.api.http.rights import reach_of
from astrolabe.api.http.route import ETAG, UNCHANGED, get
from astrolabe.domain.plans.rollback_point import RollbackPoint
from astrolabe.domain.upgrades.states import Unversioned


@get(
    "/instances/{ref:str}/history",
    summary="Read an instance's history",
    tag="instances",
    scope="read",
    narrowed=True,
    trail=True,
    headers=(ETAG,),
    answers=UNCHANGED,
    problems=("parameter-invalid", "instance-unknown"),
)
async def show_history(
    request: AuthenticatedRequest,
    ref: InstanceRef,
    *,
    at: At = None,
    after: AfterVersion = 0,
    limit: Limit = 100,
    if_none_match: IfNoneMatch = None,
) -> Response[EventPage]:
    """Return an instance's events, oldest first, up to now or to a moment."""
    loaded = await find_instance(request, ref, as_of(at))
    left = [each for each in loaded.history if each.version > after]
    here = f"/instances/{loaded.stream_id}/history"
    items, link = page_of(left, limit, lambda last: next_page(here, {"at": at, "after": last.version, "limit": limit}))
    placed = reach_of(request).is_all
    page = EventPage(tuple(event_view(each, placed=placed) for each in items), link)
    settled = all(each.position is not None for each in items)
    return unless_known(if_none_match, loaded.version, page, settled=settled)


@get(
    "/instances/{ref:str}/rollback-point",
    summary="Look at an instance's way back",
    tag="instances",
    scope="read",
    narrowed=True,
    headers=(ETAG,),
    answers=UNCHANGED,
    problems=("parameter-invalid", "instance-unknown", "no-rollback-point"),
)
async def show_rollback_point(
    request: AuthenticatedRequest, ref: InstanceRef, at: At = None, if_none_match: IfNoneMatch = None
) -> Response[RollbackPoint]:
    """Return what takes an instance back: the old artifact, the copy of its database, and the dump."""
    loaded = await find_instance(request, ref, as_of(at))
    point = None if isinstance(loaded.state, Unversioned) else loaded.state.instance.rollback_point
    if point is None:
        raise ApiProblem("no-rollback-point", "No upgrade has left a rollback point here; a succeeded one leaves it.")
    return unless_known(if_none_match, loaded.version, point)


ROUTES = (show_history, show_rollback_point)
