"""Problems: how every refusal and every fault is answered (RFC 9457)."""

from collections.abc import Mapping
from typing import Any

from litestar import Response
from msgspec import Struct

from astrolabe.api.http.problem_catalogue import CATALOGUE

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = {
    "instance-busy": 10,
    "request-in-flight": 1,
    "evidence-not-ready": 5,
    "no-checkpoint": 5,
    "database-unavailable": 5,
    "contended": 1,
}
"""When to ask again, in seconds, where asking again helps."""


class FieldError(Struct, frozen=True):
    """One field or parameter, and what is wrong with it."""

    field: str
    message: str


class ProblemDetails(Struct, frozen=True, omit_defaults=True):
    """The body of every error answer; `type` is stable, and `detail` says what to do."""

    type: str
    title: str
    status: int
    detail: str
    errors: tuple[FieldError, ...] = ()
    upgrade: str | None = None
    existing: str | None = None
    scope: str | None = None
    version: int | None = None


class ApiProblem(Exception):  # noqa: N818  an answer, not a fault
    """The request is answered with a problem; nothing was recorded."""

    def __init__(self, name: str, detail: str, *, headers: Mapping[str, str] | None = None, **extensions: Any) -> None:
        super().__init__(detail)
        self.name: str = name
        self.detail: str = detail
        self.headers: dict[str, str] = dict(headers or {})
        self.extensions: dict[str, Any] = extensions


def answer(problem: ApiProblem) -> Response[ProblemDetails]:
    """Turn a problem into its answer."""
    kind = CATALOGUE[problem.name]
    headers = dict(problem.headers)
    if kind.name in RETRY_SECONDS:
        headers.setdefault("Retry-After", str(RETRY_SECONDS[kind.name]))
    details = ProblemDetails(f"/problems/{kind.name}", kind.title, kind.status, problem.detail, **problem.extensions)
    return Response(details, status_code=kind.status, media_type=MEDIA_TYPE, headers=headers)
