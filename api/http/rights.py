"""Rights: with which instances a request may do what it asks for, and what it is answered about all others.

What a token may not see is answered as what is not there: with the same words, and after the same time.
"""

import time
from asyncio import gather, sleep
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final, TypeVar, cast

from astrolabe.api.http.problems import ApiProblem
from astrolabe.api.http.resources import AuthenticatedRequest, resources_of
from astrolabe.domain.access import Scope
from astrolabe.domain.reach import Reach
from astrolabe.domain.upgrades.instance_row import InstanceRow, labels_of
from astrolabe.domain.upgrades.states import State
from astrolabe.domain.upgrades.upgrade_row import UpgradeRow

R = TypeVar("R", InstanceRow, UpgradeRow)

SCOPE: Final = "scope"
"""Where a route's handler keeps the scope that it asks for."""

PACE_SECONDS: Final = 0.05
"""What is not there, or not to be seen, is answered at a multiple of this after it was asked for."""


def reach_of(request: AuthenticatedRequest) -> Reach:
    """Return with which instances the token may do what this route is for."""
    return request.auth.reach(_scope_of(request))


async def may_reach(request: AuthenticatedRequest, instance_id: str) -> bool:
    """Return whether the token may do what this route is for with an instance, by its labels as they are now.

    Raises ApiProblem where it may not, and may see the instance all the same.
    """
    reach = reach_of(request)
    if reach.is_all:
        return True
    labels = labels_of((await resources_of(request).instances.current(instance_id)).state)
    if labels is None or reach.covers(labels):
        return labels is not None
    if request.auth.reach("read").covers(labels):
        raise outside(request, "this instance has others")
    resources_of(request).accesses.refused(request, "scope-missing", request.auth.name)
    return False


async def visible(request: AuthenticatedRequest, instance_id: str) -> bool:
    """Return whether an instance is one that this route is for, as far as the token is concerned."""
    reach = reach_of(request)
    if reach.is_all:
        return True
    labels = labels_of((await resources_of(request).instances.current(instance_id)).state)
    return labels is not None and reach.covers(labels)


async def only_visible(request: AuthenticatedRequest, rows: Sequence[R]) -> tuple[R, ...]:
    """Return the rows of a list whose instances the token may see by their labels as they are now."""
    if reach_of(request).is_all:
        return tuple(rows)
    seen = await gather(*(visible(request, each.instance_id) for each in rows))
    return tuple(each for each, may in zip(rows, seen, strict=True) if may)


def still_reached(request: AuthenticatedRequest, unknown: ApiProblem) -> Callable[[State], None]:
    """Return what raises a problem where an instance has other labels by the time that a command on it is decided."""
    reach = reach_of(request)

    def check(state: State) -> None:
        if not reach.is_all and not reach.covers(labels_of(state) or {}):
            raise unknown

    return check


def outside(request: AuthenticatedRequest, why: str) -> ApiProblem:
    """Return the problem of who may do this, but only with instances that have other labels."""
    scope, reach = _scope_of(request), reach_of(request)
    return ApiProblem(
        "scope-missing",
        f"The token {request.auth.name} has the scope {scope} for instances with {reach}, and {why}.",
        scope=scope,
    )


@asynccontextmanager
async def steady(request: AuthenticatedRequest) -> AsyncGenerator[None]:
    """Answer a problem at a steady pace where the token sees some instances alone: time says nothing of the others."""
    began = time.monotonic()
    try:
        yield
    except ApiProblem:
        if not reach_of(request).is_all:
            await sleep(PACE_SECONDS - (time.monotonic() - began) % PACE_SECONDS)
        raise


def _scope_of(request: AuthenticatedRequest) -> Scope:
    return cast("Scope", request.route_handler.opt[SCOPE])
