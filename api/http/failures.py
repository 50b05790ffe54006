"""Failures: which problem each exception is answered with; an unknown one is an internal error and says nothing."""

import logging
from typing import Any

from litestar import Request, Response
from litestar.exceptions import ClientException, HTTPException, MethodNotAllowedException, ValidationException

from astrolabe.api.http.problem_catalogue import CATALOGUE
from astrolabe.api.http.problems import ApiProblem, FieldError, ProblemDetails, nothing_here, problem_response
from astrolabe.api.http.resources import resources_of
from astrolabe.domain.access import Token
from astrolabe.domain.problem import Refused
from astrolabe.store.errors import NewerLog, WrongVersion
from astrolabe.store.outage import is_outage, is_unmigrated

REFUSED = frozenset({401, 403, 429})
"""The statuses that say that a caller may not do what they asked for; each of them is recorded."""

logger = logging.getLogger("astrolabe.api")

UNREACHABLE = "The log's database cannot be used now; ask again in a few seconds, safely with an Idempotency-Key."
UNMIGRATED = "The log's database has not been set up; run the migrations, then ask again."


def answer_failure(request: Request[Any, Any, Any], error: Exception) -> Response[ProblemDetails]:
    """Answer any exception with the problem it is; who was refused is recorded."""
    problem = problem_of(error)
    if problem.name == "internal-error":
        logger.error("%s %s failed", request.method, request.url.path, exc_info=error)
    if CATALOGUE[problem.name].status in REFUSED:
        token: Token | None = request.scope.get("auth")
        resources_of(request).accesses.refused(request, problem.name, token.name if token else "")
    return problem_response(problem)


def problem_of(error: Exception) -> ApiProblem:
    """Name the problem that an exception is."""
    match error:
        case ApiProblem():
            return error
        case Refused(code=code, detail=detail, facts=facts):
            upgrade_id = facts.get("upgrade_id")
            return ApiProblem(code, detail, upgrade=f"/upgrades/{upgrade_id}" if upgrade_id else None)
        case WrongVersion(noun=noun, version=version):
            return _mismatch(noun, version)
        case HTTPException():
            return _of_http(error)
        case _:
            return _of_fault(error)


def _of_fault(error: Exception) -> ApiProblem:
    if isinstance(error, NewerLog):
        return ApiProblem("database-unavailable", str(error))
    if is_outage(error):
        return ApiProblem("database-unavailable", UNREACHABLE)
    if is_unmigrated(error):
        return ApiProblem("database-unavailable", UNMIGRATED)
    return ApiProblem("internal-error", "Astrolabe met a fault of its own; ask again, and report it if it stays.")


def _mismatch(noun: str, version: int) -> ApiProblem:
    return ApiProblem(
        "version-mismatch",
        f"The {noun} is at version {version} by now; read it again, and decide on what is now so.",
        headers={"ETag": f'"{version}"'},
        version=version,
    )


def _of_http(error: HTTPException) -> ApiProblem:
    match error:
        case ValidationException(extra=list(complaints)) if complaints:
            return _of_validation(complaints)
        case MethodNotAllowedException(headers=headers):
            allowed = (headers or {}).get("allow", "")
            return ApiProblem("method-not-allowed", f"Use one of {allowed} here.", headers={"Allow": allowed})
        case HTTPException(status_code=404):
            return nothing_here()
        case HTTPException(status_code=413):
            return ApiProblem("body-too-large", "A body may have 65536 bytes; send a smaller one.")
        case ClientException():
            return ApiProblem(
                "bad-request", f"The request cannot be understood ({error.detail}); correct and resend it."
            )
        case _:
            return _of_fault(error)


def _of_validation(complaints: list[Any]) -> ApiProblem:
    if any(each.get("key") == "data" for each in complaints):
        return ApiProblem("json-malformed", "This request needs a body; send one JSON object.")
    errors = tuple(FieldError(str(each.get("key", "")), str(each["message"])) for each in complaints)
    first = errors[0]
    return ApiProblem("parameter-invalid", f"Correct the parameter {first.field}: {first.message}.", errors=errors)
