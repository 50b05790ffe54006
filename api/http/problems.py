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
    "too-busy": 5,
    "too-many-wrong-tokens": 60,
    "contended": 1,
}
"""When to ask again, in seconds, where asking again helps."""


class FieldError(Struct, frozen=True):
    """One field or parameter, and what is wrong with it."""

    field: str
    """The field of the body or the parameter, its names joined by dots."""
    message: str
    """What is wrong with it."""


class ProblemDetails(Struct, frozen=True, omit_defaults=True):
    """The body of every error answer; `type` is stable, and `detail` says what to do."""

    type: str
    """The path of the problem type's description, stable for ever."""
    title: str
    """What the problem type means, in a few words."""
    status: int
    """The HTTP status of this answer."""
    detail: str
    """What is wrong here, and what to do."""
    errors: tuple[FieldError, ...] = ()
    """Each field or parameter that is wrong; left out where none is."""
    upgrade: str | None = None
    """The path of the upgrade that is in the way; left out where none is."""
    existing: str | None = None
    """The path of what has the name already, or acts on the same; left out where nothing does."""
    scope: str | None = None
    """The scope that the token lacks; left out where it lacks none."""
    version: int | None = None
    """The version that the stream is at by now; left out where the version was no matter."""


class ApiProblem(Exception):  # noqa: N818  an answer, not a fault
    """A problem that the request is answered with; nothing was recorded."""

    def __init__(self, name: str, detail: str, *, headers: Mapping[str, str] | None = None, **extensions: Any) -> None:
        super().__init__(detail)
        self.name: str = name
        self.detail: str = detail
        self.headers: dict[str, str] = dict(headers or {})
        self.extensions: dict[str, Any] = extensions


def nothing_here() -> ApiProblem:
    """Return the problem of a path that leads nowhere."""
    return ApiProblem("not-found", "There is nothing at this path; see /reference for what there is.")


def details_of(problem: ApiProblem) -> ProblemDetails:
    """Return the body that a problem is answered with."""
    kind = CATALOGUE[problem.name]
    return ProblemDetails(f"/problems/{kind.name}", kind.title, kind.status, problem.detail, **problem.extensions)


def problem_response(problem: ApiProblem) -> Response[ProblemDetails]:
    """Turn a problem into its answer."""
    kind = CATALOGUE[problem.name]
    headers = dict(problem.headers)
    if kind.name in RETRY_SECONDS:
        headers.setdefault("Retry-After", str(RETRY_SECONDS[kind.name]))
    return Response(details_of(problem), status_code=kind.status, media_type=MEDIA_TYPE, headers=headers)
