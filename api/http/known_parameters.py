"""Known parameters: any other is refused, for whoever sent it takes it for a filter, and it would filter nothing."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter

from astrolabe.api.http.problems import ApiProblem, FieldError


async def require_known_parameters(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Raise ApiProblem where the query has a parameter that the handler does not take.

    It waits for nothing; Litestar would hand a guard that is no coroutine to a thread.
    """
    if not connection.scope["query_string"]:
        return
    known = parameters_of(handler)
    unknown = sorted(set(connection.query_params) - known)
    if unknown:
        taken = f"this takes {', '.join(sorted(known))}" if known else "this takes none"
        errors = tuple(FieldError(name[:100], "is unknown") for name in unknown)
        raise ApiProblem("parameter-invalid", f"The parameter {unknown[0][:100]!r} is unknown; {taken}.", errors=errors)


def parameters_of(handler: BaseRouteHandler) -> set[str]:
    """Return the names of the query parameters that a handler takes."""
    return {
        field.kwarg_definition.name or name
        for name, field in handler.parsed_fn_signature.parameters.items()
        if isinstance(field.kwarg_definition, QueryParameter)
    }
