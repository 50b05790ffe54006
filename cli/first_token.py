"""The first token, which nobody can ask the API for."""

from domain.access import SCOPES
from domain.recorded import Cause
from store.database import Database
from store.log import Log
from store.tokens import Tokens

NAME = "admin"


async def first_token(url: str, actor: str) -> str | None:
    """Make a token with all rights where no token is in use; gives its secret."""
    async with Database(url, pool_size=1) as database:
        tokens = Tokens(Log(database))
        if (await tokens.current()).tokens:
            return None
        return (await tokens.issue(NAME, SCOPES, Cause(actor, "the first token", "cli"))).secret
