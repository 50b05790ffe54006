"""The routes that answer whether this process lives, and whether it can work."""

import asyncio
from typing import Literal

from msgspec import Struct

from astrolabe.api.http.problems import ApiProblem
from astrolabe.api.http.resources import AuthenticatedRequest, resources_of
from astrolabe.api.http.route import get

PATIENCE_SECONDS = 2.0
"""How long the database may take to answer before this process counts as not ready."""


class Readiness(Struct, frozen=True):
    """The state of this process."""

    status: Literal["ok"]
    """Always `ok`; a process that cannot work answers 503."""


@get("/healthz", summary="Is the process alive?", tag="meta", scope=None)
async def check_health() -> Readiness:
    """Answer as long as the process lives; no token is needed."""
    return Readiness("ok")


@get("/readyz", summary="Can it work?", tag="meta", scope=None, problems=("database-unavailable",))
async def check_readiness(request: AuthenticatedRequest) -> Readiness:
    """Answer 200 while the database is set up and takes what is recorded, 503 otherwise; no token is needed."""
    resources = resources_of(request)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await resources.log.last_position()
        possible = await resources.recording.possible()
    if not possible:
        raise ApiProblem("database-unavailable", "The log's database takes no writes now; ask again in a few seconds.")
    return Readiness("ok")


ROUTES = (check_health, check_readiness)
