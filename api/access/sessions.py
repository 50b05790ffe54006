"""The routes of sessions: sign in to the console by a token, see who is signed in, sign out."""

from datetime import datetime
from typing import Annotated

from litestar import Response
from litestar.datastructures import Cookie
from litestar.params import Body
from msgspec import Meta, Struct

from astrolabe.api.http import documentation as doc
from astrolabe.api.http.auth import COOKIE, require_console, token_of
from astrolabe.api.http.problems import ApiProblem
from astrolabe.api.http.resources import AuthenticatedRequest, resources_of
from astrolabe.api.http.route import BODY, WRONG, get, post
from astrolabe.domain.access import Token, write_scopes

PRIVATE = {"Cache-Control": "no-store"}


class SignIn(Struct, frozen=True, forbid_unknown_fields=True):
    """The body that signs in to the console."""

    token: Annotated[str, Meta(min_length=1, max_length=200)]
    """The token's secret."""


class Session(Struct, frozen=True):
    """Who is signed in: a token, for whose life the session lasts."""

    name: str
    """The token's name, the actor of all that is done."""
    scopes: tuple[str, ...]
    """What it may do: a scope such as `operate`, or one for instances with labels alone, `operate:team=payments`."""
    expires_at: datetime | None
    """When it ends by itself; null where it is good until it is revoked."""


@post(
    "/sign-in",
    summary="Sign in to the console",
    tag="tokens",
    scope=None,
    status=200,
    problems=(*BODY, *WRONG, "database-unavailable", "cross-site-request", "scope-missing"),
)
async def sign_in(
    request: AuthenticatedRequest,
    data: Annotated[SignIn, Body(examples=doc.example("With a token", {"token": "astro_..."}))],
) -> Response[Session]:
    """Keep a token in a cookie that no script can read; each request of the console is then made with that token.

    Needs the header `X-Astrolabe-Console`, as all do that change something by the cookie.
    """
    require_console(request)
    token = await token_of(request, data.token.strip())
    request.scope["auth"] = token
    await resources_of(request).token_uses.note(token.token_id)
    if token.reach("read").is_none:
        detail = f"The token {token.name} lacks the scope read, without which the console can show nothing."
        raise ApiProblem("scope-missing", detail, scope="read")
    return Response(_session(token), headers=PRIVATE, cookies=[_cookie(request, data.token.strip())])


def _cookie(request: AuthenticatedRequest, value: str, max_age: int | None = None) -> Cookie:
    # Where a proxy ends TLS the request itself comes plain, and the browser alone knows how the page was had.
    secure = request.url.scheme == "https" or request.headers.get("origin", "").startswith("https:")
    return Cookie(key=COOKIE, value=value, max_age=max_age, httponly=True, samesite="strict", path="/", secure=secure)


def _session(token: Token) -> Session:
    return Session(token.name, write_scopes(token.scopes, token.bound), token.expires_at)


@get("/session", summary="See who is signed in", tag="tokens", scope="read", narrowed=True)
async def show_session(request: AuthenticatedRequest) -> Response[Session]:
    """Return the token that the request is made with: its name, and what it may do."""
    return Response(_session(request.auth), headers=PRIVATE)


@post("/sign-out", summary="Sign out of the console", tag="tokens", scope=None, status=204)
async def sign_out(request: AuthenticatedRequest) -> Response[None]:
    """Forget the cookie; the token stays as it is. Whoever is not signed in gets the same answer."""
    return Response(None, status_code=204, headers=PRIVATE, cookies=[_cookie(request, "", 0)])


ROUTES = (sign_in, show_session, sign_out)
