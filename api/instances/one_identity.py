"""One thing, one instance: what is answered where another instance has the name, or acts on the same."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from astrolabe.api.http.problems import ApiProblem
from astrolabe.api.http.resources import AuthenticatedRequest, resources_of
from astrolabe.api.http.rights import visible
from astrolabe.domain.instances.identity import in_words, name_in
from astrolabe.domain.upgrades.states import Absent
from astrolabe.store.errors import IdentityTaken


@asynccontextmanager
async def one_identity(request: AuthenticatedRequest) -> AsyncGenerator[None]:
    """Raise ApiProblem where a change would give two instances one name, or have them act on one thing.

    It names the thing, and the other where the token may see it.
    """
    try:
        yield
    except IdentityTaken as taken:
        seen = await visible(request, taken.stream_id)
        name = next(filter(None, map(name_in, taken.things)), None)
        raise (_name_taken(name, taken, seen=seen) if name else await _acted_on(request, taken, seen=seen)) from None


def _name_taken(name: str, taken: IdentityTaken, *, seen: bool) -> ApiProblem:
    if not seen:
        return ApiProblem("instance-name-taken", f"The name {name} is taken; choose another.")
    said = f"The name {name} belongs to instance {taken.stream_id}; choose another, or rename that one."
    return ApiProblem("instance-name-taken", said, existing=f"/instances/{taken.stream_id}")


async def _acted_on(request: AuthenticatedRequest, taken: IdentityTaken, *, seen: bool) -> ApiProblem:
    things = " and ".join(map(in_words, taken.things))
    if not seen:
        said = f"An instance that this token does not see acts on {things} already; no two may."
        return ApiProblem("instance-identity-taken", said)
    other = await resources_of(request).instances.current(taken.stream_id)
    name = "" if isinstance(other.state, Absent) else f"{other.state.instance.config.name}, "
    return ApiProblem(
        "instance-identity-taken",
        f"Instance {name}{taken.stream_id}, acts on {things} already, and no two may: use that one, or retire it.",
        existing=f"/instances/{taken.stream_id}",
    )
