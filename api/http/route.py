"""Routes: who may ask, what may be refused, and how the OpenAPI describes both, said once for each."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Literal, TypeAlias

from litestar.connection import ASGIConnection
from litestar.datastructures import ResponseHeader
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import ResponseSpec
from litestar.openapi.spec import Operation
from litestar.status_codes import HTTP_200_OK
from msgspec import Struct
from typing_extensions import override

from astrolabe.api.http.ahead import Naming
from astrolabe.api.http.auth import CONSOLE, SCHEME, SESSION, require_scope
from astrolabe.api.http.documentation import answered_with, problem_responses
from astrolabe.api.http.known_parameters import require_known_parameters
from astrolabe.api.http.rights import SCOPE
from astrolabe.domain.access import Scope

Method: TypeAlias = Literal["GET", "POST", "PUT"]

ALWAYS = ("bad-request", "internal-error")
WRONG = ("token-missing", "token-invalid", "too-many-wrong-tokens")
AUTHORISED = (*ALWAYS, "parameter-invalid", "database-unavailable", *WRONG, "scope-missing")
BODY = ("json-malformed", "field-unknown", "field-invalid", "body-too-large", "media-type-unsupported")
KEYED = ("idempotency-key-invalid", "idempotency-key-reused", "request-in-flight")
MATCHED = ("if-match-invalid", "version-mismatch")
CHANGE = (*BODY, *KEYED, *MATCHED, "contended")
BUSY = (
    "instance-unknown",
    "instance-busy",
    "instance-retired",
    "instance-inconsistent",
    "instance-adopting",
    "instance-unadopted",
)

ETAG = ResponseHeader(
    name="ETag", description="The version of the stream that the answer is made of.", documentation_only=True
)
UNCHANGED = {304: ResponseSpec(None, description="What the ETag in If-None-Match was given with is still so")}
"""What a read with an ETag may answer beside what was asked for."""
LOCATION = ResponseHeader(name="Location", description="Where the result is.", documentation_only=True)
RETRY_AFTER = ResponseHeader(name="Retry-After", description="When to look again, in seconds.", documentation_only=True)


class Handler(HTTPRouteHandler):
    """Litestar's handler, which hands each guard itself instead of a copy of its own: no guard of ours changes it."""

    @override
    async def authorize_connection(self, connection: ASGIConnection[Any, Any, Any, Any]) -> None:
        """Ask every guard."""
        for guard in self.resolve_guards():
            await guard(connection, self)  # pyright: ignore[reportGeneralTypeIssues]


def route(
    method: Method,
    path: str,
    *,
    summary: str,
    tag: str,
    scope: Scope | None,
    problems: Sequence[str] = (),
    answers: Mapping[int, ResponseSpec] | None = None,
    headers: Sequence[ResponseHeader] = (),
    status: int | None = None,
    media_type: str | None = None,
    documented: bool = True,
    trail: bool = False,
    narrowed: bool = False,
    naming: Naming | None = None,
    shown: Struct | None = None,
) -> HTTPRouteHandler:
    """Return the decorator of a handler.

    Only tokens with the scope, or with admin, get in; None lets everybody in. One that has the scope for some instances
    alone gets in where what the handler shows and does is `narrowed` to these. Reads of the `trail` are recorded. The
    instance that `naming` finds in a request is read together with the token. The problems are those that only this
    route has, by their names in the catalogue; a name that is not there raises KeyError. The document shows `shown` as
    an example of the answer, whose status is 200 unless it is given.
    """
    everywhere = (*AUTHORISED, *(("cross-site-request",) if method != "GET" else ())) if scope else ALWAYS
    authenticated = scope and require_scope(scope, trail=trail, narrowed=narrowed, naming=naming)
    return Handler(
        path,
        http_method=method,
        summary=summary,
        tags=[tag],
        guards=[authenticated, require_known_parameters] if authenticated else None,
        opt={SCOPE: scope},
        security=_security(scope, changes=method != "GET") if scope else None,
        responses={**(answers or {}), **problem_responses(*everywhere, *problems)},
        response_headers=headers,
        status_code=status,
        media_type=media_type,
        include_in_schema=documented,
        operation_class=answered_with(shown, status or HTTP_200_OK) if shown else Operation,
    )


def _security(scope: Scope, *, changes: bool) -> list[dict[str, list[str]]]:
    """Say by what a caller may prove who they are: a token, or the cookie that holds one."""
    return [{SCHEME: [scope]}, {SESSION: [scope]} | ({CONSOLE: []} if changes else {})]


get = partial(route, "GET")
post = partial(route, "POST")
put = partial(route, "PUT")
