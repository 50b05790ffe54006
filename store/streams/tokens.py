"""Tokens: who may speak to Astrolabe, folded from the one stream they are recorded in."""

import hashlib
import secrets
from collections.abc import Sequence
from typing import cast

from msgspec import Struct

from astrolabe.domain.access import (
    ACCESS_STREAM,
    Access,
    AccessCommand,
    AccessEvent,
    IssueToken,
    RevokeToken,
    Scope,
    Token,
    decide_access,
    replay_access,
)
from astrolabe.domain.recorded import Cause
from astrolabe.store.errors import Conflict
from astrolabe.store.ids import new_id
from astrolabe.store.log.batch import Claim
from astrolabe.store.log.log import Log

PREFIX = "astro_"


class NewToken(Struct, frozen=True):
    """A token just made; its secret is known here and nowhere else."""

    token_id: str
    name: str
    scopes: tuple[Scope, ...]
    secret: str


def digest(secret: str) -> str:
    """Return the SHA-256 of a token; its 256 random bits need no salt and no stretching."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Tokens:
    """All tokens; what was folded is kept, and what is new is read each time, so a revocation holds at once."""

    def __init__(self, log: Log) -> None:
        self._log: Log = log
        self._access: Access = Access()
        self._version: int = 0

    async def current(self) -> Access:
        """Return the tokens that are good now."""
        more = await self._log.read_stream(ACCESS_STREAM, self._version)
        if more and more[-1].version > self._version:
            told = cast("Sequence[AccessEvent]", [each.event for each in more if each.version > self._version])
            self._access = replay_access(told, self._access)
            self._version = more[-1].version
        return self._access

    async def authenticate(self, secret: str) -> Token | None:
        """Find the token that a secret belongs to."""
        access = await self.current()
        return access.tokens.get(digest(secret))

    async def issue(self, name: str, scopes: tuple[Scope, ...], cause: Cause) -> NewToken:
        """Make a token; raises Refused where the name is in use."""
        secret = PREFIX + secrets.token_urlsafe(32)
        token = NewToken(new_id(), name, scopes, secret)
        await self._execute(IssueToken(token.token_id, name, scopes, digest(secret)), cause)
        return token

    async def revoke(self, token_id: str, cause: Cause, *, claims: Sequence[Claim] = ()) -> None:
        """End a token; raises Refused where there is none, AlreadyClaimed where a command id was used before."""
        await self._execute(RevokeToken(token_id), cause, claims)

    async def _execute(self, command: AccessCommand, cause: Cause, claims: Sequence[Claim] = ()) -> None:
        while True:
            events = decide_access(command, await self.current())
            try:
                await self._log.append(ACCESS_STREAM, self._version, events, cause, claims=claims)
            except Conflict:
                continue
            return
