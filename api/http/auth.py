"""Authentication: who asks, by bearer token, and whether their scopes allow it."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from astrolabe.api.http.problems import ApiProblem
from astrolabe.api.http.resources import resources_of
from astrolabe.domain.access import Scope, Token

SCHEME = "token"
"""The name of the security scheme in the OpenAPI."""


def require_scope(
    scope: Scope, *, trail: bool = False
) -> Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None]]:
    """Make the guard of what only tokens with this scope, or with admin, may do; who is refused is recorded.

    Where it is the `trail` that is read, who reads it is recorded as well.
    """

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        accesses = resources_of(connection).accesses
        try:
            token = await _authenticate(connection)
        except ApiProblem as problem:
            accesses.refused(connection, problem.name)
            raise
        if token.scopes.isdisjoint({scope, "admin"}):
            accesses.refused(connection, "scope-missing", token.name)
            challenge = f'Bearer realm="astrolabe", error="insufficient_scope", scope="{scope}"'
            raise ApiProblem(
                "scope-missing",
                f"The token {token.name} lacks the scope {scope}; use a token that has it.",
                headers={"WWW-Authenticate": challenge},
                scope=scope,
            )
        if trail:
            accesses.read(connection, token.name)
        connection.scope["auth"] = token

    return guard


async def _authenticate(connection: ASGIConnection[Any, Any, Any, Any]) -> Token:
    scheme, _, secret = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise ApiProblem(
            "token-missing",
            "Send a token in the header `Authorization: Bearer TOKEN`.",
            headers={"WWW-Authenticate": 'Bearer realm="astrolabe"'},
        )
    token = await resources_of(connection).tokens.authenticate(secret.strip())
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
