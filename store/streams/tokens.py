"""Tokens: who may speak to Astrolabe, folded from the one stream they are recorded in."""

import hashlib
import secrets
from datetime import UTC, datetime

from msgspec import Struct

from astrolabe.domain.access import (
    ACCESS_DECIDER,
    SCOPES,
    Access,
    AccessCommand,
    AccessEvent,
    BoundScope,
    IssueToken,
    RecoverAccess,
    RevokeToken,
    Scope,
    Token,
)
from astrolabe.domain.recorded import Cause
from astrolabe.domain.streams import ACCESS_STREAM
from astrolabe.store.ids import new_id
from astrolabe.store.log.log import Log, Place
from astrolabe.store.streams.instances import Instances, Loaded, Sought
from astrolabe.store.streams.stream import ClaimsFor, LoadedStream, OneStream, Streams

PREFIX = "astro_"


class NewToken(Struct, frozen=True):
    """A token just made; its secret is known here and nowhere else."""

    token_id: str
    name: str
    scopes: tuple[Scope, ...]
    secret: str
    expires_at: datetime | None = None
    bound: tuple[BoundScope, ...] = ()
    person: str | None = None
    service: str | None = None


def digest(secret: str) -> str:
    """Return the SHA-256 of a token; its 256 random bits need no salt and no stretching."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Tokens(OneStream[AccessCommand, Access, AccessEvent]):
    """All tokens; what is new is read each time, so that a revocation holds at once."""

    def __init__(self, log: Log) -> None:
        self._log: Log = log
        super().__init__(Streams(log, ACCESS_DECIDER, "token"), ACCESS_STREAM)

    async def authenticate(self, secret: str) -> Token | None:
        """Find the token that a secret belongs to."""
        return _good_token(await self.current(), secret)

    def expected(self, secret: str) -> Token | None:
        """Return the token that a secret belonged to when tokens were last read: reason to prepare, never to let in."""
        return _good_token(self._streams.known(ACCESS_STREAM).state, secret)

    async def authenticate_for(
        self, secret: str, instances: Instances, sought: Sought
    ) -> tuple[Token | None, Loaded | None]:
        """Find a token and the instance that it is used on, both as they are at one moment, in one statement."""
        known = self._streams.known(ACCESS_STREAM)
        access, instance = await self._log.read_together(Place(ACCESS_STREAM, known.version), sought.place)
        token = _good_token(self._streams.continued(known, access.events).state, secret)
        return token, instances.found(sought, instance)

    async def is_good(self, token_id: str) -> bool:
        """Return whether a token is still in use."""
        return any(each.token_id == token_id for each in await self.good())

    async def good(self) -> list[Token]:
        """Return the tokens in use by name."""
        return _good(await self.current(), datetime.now(UTC))

    async def good_at(self, *, position: int | None = None, time: datetime | None = None) -> list[Token]:
        """Return the tokens that were in use at a position of the log, or at a time, by name."""
        if position is not None:
            placed = await self._log.read_all(position - 1, 1)
            time = placed[0].recorded_at if placed else None
        loaded = await self._streams.load_at(ACCESS_STREAM, position=position, time=time)
        return _good(loaded.state, time or datetime.now(UTC))

    async def issue(
        self,
        name: str,
        scopes: tuple[Scope, ...],
        cause: Cause,
        *,
        expires_at: datetime | None = None,
        bound: tuple[BoundScope, ...] = (),
        person: str | None = None,
        service: str | None = None,
    ) -> NewToken:
        """Make a token; raises Refused where the name is in use."""
        secret, now = PREFIX + secrets.token_urlsafe(32), datetime.now(UTC)
        token = NewToken(new_id(), name, scopes, secret, expires_at, bound, person, service)
        await self.execute(
            IssueToken(token.token_id, name, scopes, digest(secret), now, expires_at, bound, person, service), cause
        )
        return token

    async def recover(self, name: str, cause: Cause) -> NewToken:
        """Make a token with all rights past those in use, loud in the trail; raises Refused where the name is."""
        secret = PREFIX + secrets.token_urlsafe(32)
        token = NewToken(new_id(), name, SCOPES, secret)
        await self.execute(RecoverAccess(token.token_id, name, digest(secret), datetime.now(UTC)), cause)
        return token

    async def revoke(
        self, token_id: str, cause: Cause, *, claims: ClaimsFor[Access, AccessEvent] = lambda _: ()
    ) -> LoadedStream[Access, AccessEvent]:
        """End a token; raises Refused where it cannot be, AlreadyClaimed where a command id was used before."""
        return await self.execute(RevokeToken(token_id), cause, claims=claims)


def _good_token(access: Access, secret: str) -> Token | None:
    token = access.tokens.get(digest(secret))
    return token if token and token.is_good(datetime.now(UTC)) else None


def _good(access: Access, at: datetime) -> list[Token]:
    return sorted((token for token in access.tokens.values() if token.is_good(at)), key=lambda token: token.name)
