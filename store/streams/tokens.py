"""Tokens: who may speak to Astrolabe, folded from the one stream they are recorded in."""

import hashlib
import secrets
from datetime import UTC, datetime

from msgspec import Struct

from astrolabe.domain.access import (
    ACCESS_DECIDER,
    Access,
    AccessCommand,
    AccessEvent,
    IssueToken,
    RevokeToken,
    Scope,
    Token,
)
from astrolabe.domain.recorded import Cause
from astrolabe.domain.streams import ACCESS_STREAM
from astrolabe.store.ids import new_id
from astrolabe.store.log.log import Log
from astrolabe.store.streams.stream import ClaimsFor, LoadedStream, OneStream, Streams

PREFIX = "astro_"


class NewToken(Struct, frozen=True):
    """A token just made; its secret is known here and nowhere else."""

    token_id: str
    name: str
    scopes: tuple[Scope, ...]
    secret: str
    expires_at: datetime | None = None


def digest(secret: str) -> str:
    """Return the SHA-256 of a token; its 256 random bits need no salt and no stretching."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Tokens(OneStream[AccessCommand, Access, AccessEvent]):
    """All tokens; what is new is read each time, so that a revocation holds at once."""

    def __init__(self, log: Log) -> None:
        super().__init__(Streams(log, ACCESS_DECIDER, "token"), ACCESS_STREAM)

    async def authenticate(self, secret: str) -> Token | None:
        """Find the token that a secret belongs to."""
        token = (await self.current()).tokens.get(digest(secret))
        return token if token and token.is_good(datetime.now(UTC)) else None

    async def is_good(self, token_id: str) -> bool:
        """Return whether a token is still in use."""
        return any(each.token_id == token_id for each in await self.good())

    async def good(self) -> list[Token]:
        """Return the tokens in use by name."""
        now = datetime.now(UTC)
        found = [token for token in (await self.current()).tokens.values() if token.is_good(now)]
        return sorted(found, key=lambda token: token.name)

    async def issue(
        self, name: str, scopes: tuple[Scope, ...], cause: Cause, expires_at: datetime | None = None
    ) -> NewToken:
        """Make a token; raises Refused where the name is in use."""
        secret, now = PREFIX + secrets.token_urlsafe(32), datetime.now(UTC)
        token = NewToken(new_id(), name, scopes, secret, expires_at)
        await self.execute(IssueToken(token.token_id, name, scopes, digest(secret), now, expires_at), cause)
        return token

    async def revoke(
        self, token_id: str, cause: Cause, *, claims: ClaimsFor[Access, AccessEvent] = lambda _: ()
    ) -> LoadedStream[Access, AccessEvent]:
        """End a token; raises Refused where it cannot be, AlreadyClaimed where a command id was used before."""
        return await self.execute(RevokeToken(token_id), cause, claims=claims)
