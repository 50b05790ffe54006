"""The routes of tokens: create one, list them, revoke one."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from litestar import Response
from litestar.params import Body, PathParameter
from msgspec import Meta, Struct

from astrolabe.api.http import documentation as doc
from astrolabe.api.http.cause import ReasonBody, cause_of
from astrolabe.api.http.idempotency import idempotently, key_of
from astrolabe.api.http.parameters import At, IdempotencyKey, as_of
from astrolabe.api.http.problems import ApiProblem, FieldError
from astrolabe.api.http.resources import AuthenticatedRequest, resources_of
from astrolabe.api.http.route import BODY, KEYED, LOCATION, get, post
from astrolabe.domain.access import ACCESS_DECIDER, Access, AccessEvent, Token, read_scopes, write_scopes
from astrolabe.domain.words import GrantedScope, Moment, Name, OwnerName, Reason
from astrolabe.store.streams.stream import ClaimsFor, LoadedStream
from astrolabe.store.streams.tokens import NewToken

LONGEST = timedelta(days=3653)
"""How far away the end of a token may be; one that shall last has none."""

MOST_SCOPES = 50
"""How many scopes a token may have; those that are bound count each."""

PRIVATE = {"Cache-Control": "no-store"}


class TokenRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The body that creates a token; its name is the actor of all that is done with it."""

    name: Name
    """The token's name, the actor of all that is done with it, unique among those in use: lower case letters, digits
    and -."""
    scopes: Annotated[tuple[GrantedScope, ...], Meta(min_length=1, max_length=MOST_SCOPES)]
    """What it may do: a scope such as `operate`, or one for instances with labels alone, `operate:team=payments`."""
    expires_at: Moment | None = None
    """When it ends by itself, at most ten years from now; null where it is good until it is revoked."""
    person: OwnerName | None = None
    """The person that it belongs to: of one person's tokens none approves what another asked for; null for nobody."""
    service: OwnerName | None = None
    """The service that it belongs to, in the place of a person; null for none."""
    reason: Reason | None = None
    """Why, for the audit trail, which shows null as no reason given."""


class TokenView(Struct, frozen=True):
    """A token in use; its secret is known to nobody but its holder."""

    id: str
    """The token's id, a UUID; it is no secret."""
    name: str
    """The token's name, the actor of all that is done with it."""
    scopes: tuple[str, ...]
    """What it may do: a scope such as `operate`, or one for instances with labels alone, `operate:team=payments`."""
    expires_at: datetime | None
    """When it ends by itself; null where it is good until it is revoked."""
    person: str | None
    """The person that it belongs to; null where it belongs to none."""
    service: str | None
    """The service that it belongs to; null where it belongs to none."""
    last_used_at: datetime | None
    """When it was last used, to the minute; null where it never was, and of an earlier moment."""


class TokenPage(Struct, frozen=True):
    """All tokens in use."""

    items: tuple[TokenView, ...]
    """The tokens, by name."""


class IssuedToken(TokenView, frozen=True):
    """A token just created, with its secret for the only time."""

    secret: str
    """What its holder sends as `Authorization: Bearer SECRET`; it is never shown again."""


@post(
    "/tokens",
    summary="Create a token",
    tag="tokens",
    scope="admin",
    headers=(LOCATION,),
    problems=(*BODY, "contended", "token-exists", "idempotency-key-refused"),
)
async def issue_token(
    request: AuthenticatedRequest,
    data: Annotated[
        TokenRequest, Body(examples=doc.example("For a pipeline", {"name": "ci", "scopes": ["read", "operate"]}))
    ],
    idempotency_key: IdempotencyKey = None,
) -> Response[IssuedToken]:
    """Create a token and show its secret once; an Idempotency-Key is refused, for the secret is never stored."""
    if idempotency_key is not None:
        raise ApiProblem(
            "idempotency-key-refused",
            "A token's secret is never stored, so this answer cannot be repeated; leave Idempotency-Key out.",
        )
    now = datetime.now(UTC)
    if data.expires_at is not None and not now < data.expires_at < now + LONGEST:
        message = "must be a moment from now on, and within ten years"
        detail = f"expires_at {message}; correct it and send the request again."
        raise ApiProblem("field-invalid", detail, errors=(FieldError("expires_at", message),))
    if data.person and data.service:
        message = "names a service beside a person; a token belongs to one of both"
        raise ApiProblem("field-invalid", f"service {message}.", errors=(FieldError("service", message),))
    scopes, bound = read_scopes(data.scopes)
    made = await resources_of(request).tokens.issue(
        data.name,
        scopes,
        cause_of(request, data.reason),
        expires_at=data.expires_at,
        bound=bound,
        person=data.person,
        service=data.service,
    )
    return _issued(made)


def _issued(made: NewToken) -> Response[IssuedToken]:
    may = write_scopes(made.scopes, made.bound)
    view = IssuedToken(made.token_id, made.name, may, made.expires_at, made.person, made.service, None, made.secret)
    return Response(view, headers={**PRIVATE, "Location": "/tokens"})


@get("/tokens", summary="List tokens", tag="tokens", scope="admin", problems=("parameter-invalid",))
async def list_tokens(request: AuthenticatedRequest, at: At = None) -> TokenPage:
    """List the tokens in use by name, or those of a moment: who then had which rights, and whose each was.

    Neither secrets nor their digests are ever shown.
    """
    resources, moment = resources_of(request), as_of(at)
    if moment.is_now:
        good, used = await resources.tokens.good(), await resources.token_uses.latest()
    else:
        good, used = await resources.tokens.good_at(position=moment.position, time=moment.time), {}
    return TokenPage(tuple(_view(token, used.get(token.token_id)) for token in good))


def _view(token: Token, last_used_at: datetime | None) -> TokenView:
    may = write_scopes(token.scopes, token.bound)
    return TokenView(token.token_id, token.name, may, token.expires_at, token.person, token.service, last_used_at)


@post(
    "/tokens/{token_id:str}/revoke",
    summary="Revoke a token",
    tag="tokens",
    scope="admin",
    status=204,
    problems=(*BODY, *KEYED, "contended", "token-unknown", "last-admin-token"),
)
async def revoke_token(
    request: AuthenticatedRequest,
    token_id: Annotated[str, PathParameter(description="A token's id.")],
    data: Annotated[ReasonBody | None, Body(examples=doc.example("With a reason", {"reason": "lost"}))] = None,
    idempotency_key: IdempotencyKey = None,
) -> None:
    """Revoke a token at once; the last one with the scope admin stays, for nobody could make another."""
    resources, body = resources_of(request), data or ReasonBody()
    cause = cause_of(request, body.reason)

    async def revoke(claims: ClaimsFor[Access, AccessEvent]) -> LoadedStream[Access, AccessEvent]:
        return await resources.tokens.revoke(token_id, cause, claims=claims)

    key = key_of(request, idempotency_key, body)
    await idempotently(resources, ACCESS_DECIDER, key, revoke, 204)


ROUTES = (issue_token, list_tokens, revoke_token)
