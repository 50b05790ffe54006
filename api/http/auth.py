"""Authentication: who asks, by bearer token or by the cookie that holds one, and whether their scopes allow it."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from astrolabe.api.http.ahead import Naming, authenticate_ahead
from astrolabe.api.http.problems import ApiProblem
from astrolabe.api.http.resources import resources_of
from astrolabe.domain.access import Scope, Token

SCHEME = "token"
"""The name of the security scheme in the OpenAPI."""
SESSION: Final = "session"
CONSOLE: Final = "console"
"""Those of the cookie, and of the header that a change needs beside it."""
COOKIE: Final = "astrolabe_session"
"""The cookie that holds the token of whoever signed in to the console."""
CONSOLE_HEADER: Final = "X-Astrolabe-Console"
"""The header that the console changes things with: no page of another origin can send it unasked."""
SAFE: Final = frozenset({"GET", "HEAD"})


def require_scope(
    scope: Scope, *, trail: bool = False, narrowed: bool = False, naming: Naming | None = None
) -> Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None]]:
    """Make the guard of what only tokens with this scope, or with admin, may do; who is refused is recorded.

    Where it is the `trail` that is read, who reads it is recorded as well. A token that has the scope for some
    instances alone gets in only where what is shown and done is `narrowed` to these. The instance that `naming` finds
    in a request is read together with the token.
    """

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        secret = _secret_of(connection)
        if naming:
            token = _known(connection, await authenticate_ahead(connection, secret, scope, naming))
        else:
            token = await token_of(connection, secret)
        await resources_of(connection).token_uses.note(token.token_id)
        connection.scope["auth"] = token
        if refused := _refusal(token, scope, narrowed=narrowed):
            challenge = f'Bearer realm="astrolabe", error="insufficient_scope", scope="{scope}"'
            raise ApiProblem("scope-missing", refused, headers={"WWW-Authenticate": challenge}, scope=scope)
        if trail:
            resources_of(connection).accesses.read(connection, token.name)

    return guard


def _refusal(token: Token, scope: Scope, *, narrowed: bool) -> str | None:
    """Say why a token does not get in; None where it does."""
    reach = token.reach(scope)
    if reach.is_none:
        return f"The token {token.name} lacks the scope {scope}; use a token that has it."
    if reach.is_all or narrowed:
        return None
    return f"The token {token.name} has the scope {scope} for instances with {reach}; this is about more than these."


def _secret_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    scheme, _, secret = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and secret.strip():
        return secret.strip()
    if not scheme and (held := connection.cookies.get(COOKIE)):
        if connection.scope.get("method") not in SAFE:
            require_console(connection)
        return held
    raise ApiProblem(
        "token-missing",
        "Send a token in the header `Authorization: Bearer TOKEN`.",
        headers={"WWW-Authenticate": 'Bearer realm="astrolabe"'},
    )


def require_console(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """Raise ApiProblem where a request may come from a page of another origin: the browser adds the cookie to any."""
    if CONSOLE_HEADER not in connection.headers:
        raise ApiProblem(
            "cross-site-request", f"Send the header `{CONSOLE_HEADER}: 1` beside the cookie, or a token in its place."
        )


async def token_of(connection: ASGIConnection[Any, Any, Any, Any], secret: str) -> Token:
    """Return the token in use that has this secret; raises ApiProblem where none has."""
    return _known(connection, await resources_of(connection).tokens.authenticate(secret))


def _known(connection: ASGIConnection[Any, Any, Any, Any], token: Token | None) -> Token:
    if token is None:
        address = connection.client.host if connection.client else ""
        if resources_of(connection).wrong_tokens.too_many(address):
            raise ApiProblem("too-many-wrong-tokens", "Too many wrong tokens came from this address; wait a minute.")
        raise ApiProblem(
            "token-invalid",
            "No token in use has this secret; check it, or have a new token made.",
            headers={"WWW-Authenticate": 'Bearer realm="astrolabe", error="invalid_token"'},
        )
    return token
