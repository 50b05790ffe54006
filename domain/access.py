"""Access: the tokens that may speak to Astrolabe, a stream of its own."""

from datetime import datetime
from typing import Final, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from astrolabe.domain.decider import Decider
from astrolabe.domain.problem import Refused
from astrolabe.domain.words import Moment, Name

Scope = Literal["read", "configure", "operate", "approve", "admin"]
SCOPES: tuple[Scope, ...] = ("read", "configure", "operate", "approve", "admin")


class TokenIssued(Struct, frozen=True, tag="token_issued"):
    """A token was made; only the SHA-256 of its secret is known."""

    token_id: str
    """The token's id, a UUID; it is no secret."""
    name: Name
    """The token's name, which is the actor of all that is done with it."""
    scopes: tuple[Scope, ...]
    """What it may do."""
    digest: str
    """The SHA-256 of its secret, in hexadecimal."""
    expires_at: Moment | None = None
    """When it ends by itself; null where it is good until it is revoked."""


class TokenRevoked(Struct, frozen=True, tag="token_revoked"):
    """A token is good for nothing from here on."""

    token_id: str
    """The token's id."""


AccessEvent: TypeAlias = TokenIssued | TokenRevoked


class Token(Struct, frozen=True):
    """Who a caller is, and what they may do."""

    token_id: str
    name: str
    scopes: frozenset[Scope]
    expires_at: datetime | None = None

    def is_good(self, at: datetime) -> bool:
        """Return whether it has not ended by itself."""
        return self.expires_at is None or at < self.expires_at


class Access(Struct, frozen=True):
    """All tokens that were not revoked, by the digest of their secret; some may have ended by themselves."""

    tokens: dict[str, Token] = {}


class IssueToken(Struct, frozen=True):
    """Make a token; its name is the actor in the log and stays unique among those that are good at a moment."""

    token_id: str
    name: Name
    scopes: tuple[Scope, ...]
    digest: str
    at: datetime
    expires_at: datetime | None = None


class RevokeToken(Struct, frozen=True):
    """End a token."""

    token_id: str


AccessCommand: TypeAlias = IssueToken | RevokeToken


def decide(command: AccessCommand, access: Access) -> tuple[AccessEvent, ...]:
    """Decide what follows from a command on tokens; raises Refused where it makes no sense."""
    match command:
        case IssueToken(token_id, name, scopes, digest, at, expires_at):
            if any(token.name == name and token.is_good(at) for token in access.tokens.values()):
                raise Refused("token-exists", f"A token named {name} is in use; revoke it or choose another name.")
            return (TokenIssued(token_id, name, scopes, digest, expires_at),)
        case RevokeToken(token_id):
            if all(token.token_id != token_id for token in access.tokens.values()):
                raise Refused("token-unknown", "No token in use has this id; see GET /tokens.")
            lasting = [token for token in access.tokens.values() if token.expires_at is None]
            if {token.token_id for token in lasting if "admin" in token.scopes} == {token_id}:
                raise Refused(
                    "last-admin-token",
                    "This is the last token with the scope admin that does not expire; make another one first.",
                )
            return (TokenRevoked(token_id),)


def evolve(access: Access, event: AccessEvent) -> Access:
    """Fold one event into the tokens that are good."""
    match event:
        case TokenIssued(token_id, name, scopes, digest, expires_at):
            token = Token(token_id, name, frozenset(scopes), expires_at)
            return replace(access, tokens={**access.tokens, digest: token})
        case TokenRevoked(token_id):
            left = {digest: token for digest, token in access.tokens.items() if token.token_id != token_id}
            return replace(access, tokens=left)


ACCESS_DECIDER: Final[Decider[AccessCommand, Access, AccessEvent]] = Decider(Access(), decide, evolve)
