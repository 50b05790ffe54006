"""The routes of holds: have the evidence of an instance, an upgrade or a period kept, and lift that again."""

from datetime import datetime
from typing import Annotated

from litestar import Response
from litestar.params import Body, PathParameter
from msgspec import Struct

from astrolabe.api.http import documentation as doc
from astrolabe.api.http.cause import ReasonedBody
from astrolabe.api.http.changes import RequestedChange, carry_out
from astrolabe.api.http.idempotency import Answered
from astrolabe.api.http.parameters import IdempotencyKey
from astrolabe.api.http.problems import ApiProblem, FieldError
from astrolabe.api.http.references import find_upgrade, instance_id_of
from astrolabe.api.http.resources import AuthenticatedRequest, resources_of
from astrolabe.api.http.route import BODY, KEYED, LOCATION, get, post
from astrolabe.domain.holds import HOLDS_DECIDER, Hold, HoldCommand, HoldEvent, Holds, LiftHold, PlaceHold
from astrolabe.domain.words import Moment, Reason
from astrolabe.store.ids import new_id
from astrolabe.store.streams.holds import PlacedHold, placed_hold


class HoldRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The body that places a hold: an instance, an upgrade, or a period, and why."""

    reason: Reason
    """Why it must be kept, for the audit trail."""
    instance: str | None = None
    """The instance whose evidence is to be kept, by id or name; null for an upgrade's or a period's."""
    upgrade: str | None = None
    """The upgrade whose evidence is to be kept, by id; null for an instance's or a period's."""
    since: Moment | None = None
    """The beginning of the period in which upgrades were asked for; null where it is no period."""
    until: Moment | None = None
    """The end of the period, which is not in it; null where it has none, or is no period."""


class HoldView(Struct, frozen=True):
    """A hold that was not lifted."""

    id: str
    """The hold's id, a UUID."""
    instance_id: str | None
    """The instance whose evidence is kept; null for an upgrade's or a period's."""
    upgrade_id: str | None
    """The upgrade whose evidence is kept; null for an instance's or a period's."""
    since: datetime | None
    """The beginning of the period; null where it is none."""
    until: datetime | None
    """The end of the period, which is not in it; null where it has none, or is no period."""
    placed_by: str
    """Who placed it: the name of a token."""
    reason: str
    """Why, as the one who placed it said."""
    placed_at: datetime
    """When it was placed."""


class HoldPage(Struct, frozen=True):
    """All holds that were not lifted."""

    items: tuple[HoldView, ...]
    """The holds, those placed first before the others."""


@post(
    "/holds",
    summary="Place a hold",
    tag="audit",
    scope="admin",
    headers=(LOCATION,),
    problems=(*BODY, *KEYED, "contended", "instance-unknown", "upgrade-unknown"),
)
async def place_hold(
    request: AuthenticatedRequest,
    data: Annotated[
        HoldRequest, Body(examples=doc.example("An instance", {"instance": "flags", "reason": "case 2026/17"}))
    ],
    idempotency_key: IdempotencyKey = None,
) -> Response[HoldView]:
    """Let no retention discard the evidence of an instance, an upgrade or a period, until the hold is lifted."""
    hold = await _hold(request, data)
    answered = await _change(request, RequestedChange(PlaceHold(hold), data, data.reason, idempotency_key), 201)
    view = _view(placed_hold(answered.loaded.history[-1]))
    return Response(view, status_code=201, headers={"Location": "/holds"})


@get("/holds", summary="List holds", tag="audit", scope="read")
async def list_holds(request: AuthenticatedRequest) -> HoldPage:
    """List what must be kept, who says so, and why."""
    return HoldPage(tuple(map(_view, await resources_of(request).holds.placed())))


@post(
    "/holds/{hold_id:str}/lift",
    summary="Lift a hold",
    tag="audit",
    scope="admin",
    status=204,
    problems=(*BODY, *KEYED, "contended", "hold-unknown"),
)
async def lift_hold(
    request: AuthenticatedRequest,
    hold_id: Annotated[str, PathParameter(description="A hold's id.")],
    data: Annotated[ReasonedBody, Body(examples=doc.example("With a reason", {"reason": "case closed"}))],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """Hold it no longer; what should have been discarded meanwhile is discarded now."""
    await _change(request, RequestedChange(LiftHold(hold_id), data, data.reason, idempotency_key), 204)


async def _change(
    request: AuthenticatedRequest, asked: RequestedChange[HoldCommand], status: int
) -> Answered[Holds, HoldEvent]:
    return await carry_out(request, resources_of(request).holds, HOLDS_DECIDER, asked, status)


async def _hold(request: AuthenticatedRequest, data: HoldRequest) -> Hold:
    period = data.since is not None or data.until is not None
    if [data.instance is not None, data.upgrade is not None, period].count(True) != 1:
        raise _invalid("instance", "must be given, or upgrade, or a period with since, and no two of them")
    if period and (data.since is None or (data.until is not None and data.until <= data.since)):
        raise _invalid("since", "must be given with a period, and lie before its end")
    instance_id = await instance_id_of(request, data.instance) if data.instance is not None else None
    if data.upgrade is not None:
        await find_upgrade(request, data.upgrade)
    return Hold(new_id(), instance_id, data.upgrade, data.since, data.until)


def _invalid(field: str, message: str) -> ApiProblem:
    return ApiProblem("field-invalid", f"{field} {message}.", errors=(FieldError(field, message),))


def _view(placed: PlacedHold) -> HoldView:
    hold, cause = placed.hold, placed.cause
    return HoldView(
        hold.hold_id,
        hold.instance_id,
        hold.upgrade_id,
        hold.since,
        hold.until,
        cause.actor,
        cause.reason,
        placed.at,
    )


ROUTES = (place_hold, list_holds, lift_hold)
