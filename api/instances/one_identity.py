"""One thing, one instance: what is answered where another instance acts on the same."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from astrolabe.api.http.problems import ApiProblem
from astrolabe.api.http.resources import AuthenticatedRequest, resources_of
from astrolabe.api.http.rights import visible
from astrolabe.domain.instances.identity import in_words
from astrolabe.domain.upgrades.states import Absent
from astrolabe.store.errors import IdentityTaken


@asynccontextmanager
async def one_identity(request: AuthenticatedRequest) -> AsyncGenerator[None]:
    """Raise ApiProblem where a change would have two instances act on one thing.

    It names the thing, and the other where the token may see it.
    """
    try:
        yield
    except IdentityTaken as taken:
        things = " and ".join(map(in_words, taken.things))
        if not await visible(request, taken.stream_id):
            detail = f"An instance that this token does not see acts on {things} already; no two may."
            raise ApiProblem("instance-identity-taken", detail) from None
        other = await resources_of(request).instances.current(taken.stream_id)
        name = "" if isinstance(other.state, Absent) else f"{other.state.instance.config.name}, "
        raise ApiProblem(
            "instance-identity-taken",
            f"Instance {name}{taken.stream_id}, acts on {things} already, and no two may: use that one, or retire it.",
            existing=f"/instances/{taken.stream_id}",
        ) from None
