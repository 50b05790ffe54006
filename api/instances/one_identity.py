"""One thing, one instance: what is answered where another instance acts on the same."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from astrolabe.api.http.problems import ApiProblem
from astrolabe.api.http.resources import Resources
from astrolabe.domain.instances.identity import in_words
from astrolabe.domain.upgrades.states import Absent
from astrolabe.store.errors import IdentityTaken


@asynccontextmanager
async def one_identity(resources: Resources) -> AsyncGenerator[None]:
    """Raise ApiProblem where a change would have two instances act on one thing; it names the other and the thing."""
    try:
        yield
    except IdentityTaken as taken:
        other = await resources.instances.current(taken.stream_id)
        name = "" if isinstance(other.state, Absent) else f"{other.state.instance.config.name}, "
        things = " and ".join(map(in_words, taken.things))
        raise ApiProblem(
            "instance-identity-taken",
            f"Instance {name}{taken.stream_id}, acts on {things} already, and no two may: use that one, or retire it.",
            existing=f"/instances/{taken.stream_id}",
        ) from None
