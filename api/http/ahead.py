"""Ahead: the instance that a request is about, read in one statement with the token that it came with.

So who asks and what about are known after one round trip to the database, of one moment after the request came.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from msgspec import Struct

from astrolabe.api.http.bodies import MAX_BODY
from astrolabe.api.http.parameters import is_name, is_uuid
from astrolabe.api.http.resources import AuthenticatedRequest, resources_of
from astrolabe.domain.access import Scope, Token
from astrolabe.domain.streams import OWN_STREAMS
from astrolabe.store.streams.instances import Instances, Loaded, Sought

_AHEAD: Final = "astrolabe_ahead"
"""Where the scope of a request keeps what was read ahead."""

Naming: TypeAlias = Callable[[Request[Any, Any, Any]], Awaitable[str | None]]
"""What finds the instance that a request names, before anybody knows who sent it; None where nothing is to be read."""


class _Body(Struct):
    instance: str


class _Ahead(NamedTuple):
    ref: str
    loaded: Loaded


_body: Final = msgspec.json.Decoder(_Body)


async def named_in_body(request: Request[Any, Any, Any]) -> str | None:
    """Return the instance that a short body names; whether the body is right is for its handler to say."""
    length = request.headers.get("content-length", "")
    if not length.isdigit() or len(length) > len(str(MAX_BODY)) or int(length) > MAX_BODY:
        return None
    try:
        return _body.decode(await request.body()).instance
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


async def authenticate_ahead(
    connection: ASGIConnection[Any, Any, Any, Any], secret: str, scope: Scope, naming: Naming
) -> Token | None:
    """Find a token, and keep the instance that the request names for its handler.

    Nothing is read or folded for a stranger, nor for who may not reach every instance.
    """
    resources = resources_of(connection)
    expected = resources.tokens.expected(secret)
    if expected is None or not expected.reach(scope).is_all or not isinstance(connection, Request):
        return await resources.tokens.authenticate(secret)
    ref = await naming(connection)
    if ref is None or (sought := _sought(resources.instances, ref)) is None:
        return await resources.tokens.authenticate(secret)
    token, loaded = await resources.tokens.authenticate_for(secret, resources.instances, sought)
    if loaded is not None:
        connection.scope[_AHEAD] = _Ahead(ref, loaded)  # pyright: ignore[reportGeneralTypeIssues]
    return token


def _sought(instances: Instances, ref: str) -> Sought | None:
    if is_name(ref):
        return instances.sought_by_name(ref)
    return instances.sought(ref) if is_uuid(ref) and ref not in OWN_STREAMS else None


def taken_ahead(request: AuthenticatedRequest, ref: str) -> Loaded | None:
    """Return the instance as it was read ahead, once; None where that is to be done now."""
    ahead: _Ahead | None = request.scope.pop(_AHEAD, None)  # pyright: ignore[reportAssignmentType]
    return ahead.loaded if ahead is not None and ahead.ref == ref else None
