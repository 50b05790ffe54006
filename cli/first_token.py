"""The first token, which nobody can ask the API for."""

from datetime import UTC, datetime

from astrolabe.domain.access import SCOPES
from astrolabe.domain.recorded import Cause
from astrolabe.store.database import Database
from astrolabe.store.log.log import Log
from astrolabe.store.streams.tokens import Tokens

NAME = "admin"


async def recovered_token(url: str, actor: str, reason: str) -> str:
    """Make a token with all rights past those in use, named after the moment; return its secret."""
    name = f"recovered-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    async with Database(url, pool_size=1) as database:
        return (await Tokens(Log(database)).recover(name, Cause(actor, reason, "cli"))).secret


async def first_token(url: str, actor: str) -> str | None:
    """Make a token with all rights where no token is in use; return its secret."""
    async with Database(url, pool_size=1) as database:
        tokens = Tokens(Log(database))
        if await tokens.good():
            return None
        return (await tokens.issue(NAME, SCOPES, Cause(actor, "the first token", "cli"))).secret
