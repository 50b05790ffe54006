"""Access: the tokens that may speak to Astrolabe, a stream of its own."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from astrolabe.domain.decider import Decider
from astrolabe.domain.problem import Refused
from astrolabe.domain.reach import ALL, Reach, read_labels, write_labels
from astrolabe.domain.words import LabelValue, Moment, Name, OwnerName

Scope = Literal["read", "configure", "operate", "approve", "admin"]
SCOPES: tuple[Scope, ...] = ("read", "configure", "operate", "approve", "admin")


class BoundScope(Struct, frozen=True):
    """A scope for those instances alone that have all of these labels."""

    scope: Scope
    """What it may do with them."""
    labels: dict[Name, LabelValue]
    """The labels that an instance must have, all of them."""


class TokenIssued(Struct, frozen=True, tag="token_issued"):
    """A token was made; only the SHA-256 of its secret is known."""

    token_id: str
    """The token's id, a UUID; it is no secret."""
    name: Name
    """The token's name, which is the actor of all that is done with it."""
    scopes: tuple[Scope, ...]
    """What it may do, with whatever instance."""
    digest: str
    """The SHA-256 of its secret, in hexadecimal."""
    expires_at: Moment | None = None
    """When it ends by itself; null where it is good until it is revoked."""
    # Not among the scopes: a process that does not know the bounds yet must take them for no rights, not for all.
    bound: tuple[BoundScope, ...] = ()
    """What it may do with instances that have certain labels, and with no other."""
    person: OwnerName | None = None
    """The person that it belongs to; null where it belongs to none."""
    service: OwnerName | None = None
    """The service that it belongs to; null where it belongs to none."""


class TokenRevoked(Struct, frozen=True, tag="token_revoked"):
    """A token is good for nothing from here on."""

    token_id: str
    """The token's id."""


class AccessRecovered(Struct, frozen=True, tag="access_recovered"):
    """Somebody with the log's database at hand made a token with all rights, without asking any token in use.

    Nobody but the owner of the log's host can do that. What they made follows at once.
    """

    token_id: str
    """The id of the token that was made."""
    in_use: int
    """How many tokens were in use, none of which was asked."""


AccessEvent: TypeAlias = TokenIssued | TokenRevoked | AccessRecovered


class Token(Struct, frozen=True):
    """Who a caller is, and what they may do."""

    token_id: str
    name: str
    scopes: frozenset[Scope]
    expires_at: datetime | None = None
    bound: tuple[BoundScope, ...] = ()
    person: str | None = None
    service: str | None = None

    def is_good(self, at: datetime) -> bool:
        """Return whether it has not ended by itself."""
        return self.expires_at is None or at < self.expires_at

    def reach(self, scope: Scope) -> Reach:
        """Return with which instances it may do what a scope is for."""
        if not self.scopes.isdisjoint({scope, "admin"}):
            return ALL
        return Reach(tuple(each.labels for each in self.bound if each.scope == scope))

    @property
    def owner(self) -> str | None:
        """Whose it is, as `person:NAME` or `service:NAME`; None where it is nobody's."""
        return f"person:{self.person}" if self.person else f"service:{self.service}" if self.service else None


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
    bound: tuple[BoundScope, ...] = ()
    person: OwnerName | None = None
    service: OwnerName | None = None


class RevokeToken(Struct, frozen=True):
    """End a token."""

    token_id: str


class RecoverAccess(Struct, frozen=True):
    """Make a token with all rights past those in use, for whoever has the log's database at hand."""

    token_id: str
    name: Name
    digest: str
    at: datetime


AccessCommand: TypeAlias = IssueToken | RevokeToken | RecoverAccess


def read_scopes(texts: Iterable[str]) -> tuple[tuple[Scope, ...], tuple[BoundScope, ...]]:
    """Read scopes such as `read` and `operate:team=payments`: those for all instances, and those that are bound."""
    each_once = dict.fromkeys(texts)
    bound = tuple(_bound(scope, text) for scope in SCOPES for text in each_once if text.startswith(f"{scope}:"))
    return tuple(scope for scope in SCOPES if scope in each_once), bound


def _bound(scope: Scope, text: str) -> BoundScope:
    return BoundScope(scope, read_labels(text.partition(":")[2]))


def write_scopes(scopes: Collection[Scope], bound: Iterable[BoundScope]) -> tuple[str, ...]:
    """Write scopes as they are asked for."""
    plain = (scope for scope in SCOPES if scope in scopes)
    return (*plain, *(f"{each.scope}:{write_labels(each.labels)}" for each in bound))


def decide(command: AccessCommand, access: Access) -> tuple[AccessEvent, ...]:
    """Decide what follows from a command on tokens; raises Refused where it makes no sense."""
    match command:
        case IssueToken(token_id, name, scopes, digest, at, expires_at, bound, person, service):
            if any(token.name == name and token.is_good(at) for token in access.tokens.values()):
                raise Refused("token-exists", f"A token named {name} is in use; revoke it or choose another name.")
            return (TokenIssued(token_id, name, scopes, digest, expires_at, bound, person, service),)
        case RecoverAccess(token_id, name, digest, at):
            in_use = sum(token.is_good(at) for token in access.tokens.values())
            made = decide(IssueToken(token_id, name, SCOPES, digest, at), access)
            return (AccessRecovered(token_id, in_use), *made)
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
        case TokenIssued(token_id, name, scopes, digest, expires_at, bound, person, service):
            token = Token(token_id, name, frozenset(scopes), expires_at, bound, person, service)
            return replace(access, tokens={**access.tokens, digest: token})
        case TokenRevoked(token_id):
            left = {digest: token for digest, token in access.tokens.items() if token.token_id != token_id}
            return replace(access, tokens=left)
        case AccessRecovered():
            return access


ACCESS_DECIDER: Final[Decider[AccessCommand, Access, AccessEvent]] = Decider(Access(), decide, evolve)
