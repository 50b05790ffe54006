"""The OpenAPI document: what each route may answer, and how callers prove who they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Response, Router
from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, Example, OpenAPIResponse, Operation, Reference, SecurityScheme, Tag
from litestar.status_codes import HTTP_404_NOT_FOUND
from msgspec import Struct

from astrolabe.api.http.auth import CONSOLE, CONSOLE_HEADER, COOKIE, SCHEME, SESSION
from astrolabe.api.http.problem_catalogue import ProblemType, by_status
from astrolabe.api.http.problems import MEDIA_TYPE, ProblemDetails, nothing_here, problem_response

DESCRIPTION = """\
Upgrades self-hosted services that keep their data in PostgreSQL, and knows the way back.

Every change is an event. A POST that starts work answers 202 with an operation to watch; it takes an `Idempotency-Key`
and an `If-Match`. One entity is always current; lists are a moment behind. Every error is `application/problem+json`
with a stable `type`, described under `/problems`.
"""


def problem_responses(*names: str) -> dict[int, ResponseSpec]:
    """Describe the problems that a route may answer with, by status."""
    return {status: _spec(status, kinds) for status, kinds in sorted(by_status(dict.fromkeys(names)).items())}


def _spec(status: int, kinds: Sequence[ProblemType]) -> ResponseSpec:
    return ResponseSpec(
        ProblemDetails,
        generate_examples=False,
        description="; ".join(f"`/problems/{kind.name}`: {kind.title}" for kind in kinds),
        media_type=MEDIA_TYPE,
        examples=[
            Example(
                summary=kind.title,
                value={"type": f"/problems/{kind.name}", "title": kind.title, "status": status, "detail": kind.help},
            )
            for kind in kinds
        ],
    )


def answer(kind: type, description: str, media_type: str = "application/json") -> ResponseSpec:
    """Describe an answer that a route gives beside the type that its handler returns."""
    return ResponseSpec(kind, generate_examples=False, description=description, media_type=media_type)


def example(summary: str, value: dict[str, Any]) -> list[Example]:
    """Return the one example of a body."""
    return [Example(summary=summary, value=value)]


def answered_with(value: Struct, status: int) -> type[Operation]:
    """Return the class of an operation whose answer of this status has an example in the document."""
    # As it is: Litestar would leave out what is null in an object of its own.
    shown: dict[str, Example | Reference] = {"example": Example(value=value)}

    @dataclass
    class Shown(Operation):
        def __post_init__(self) -> None:
            answered = (self.responses or {})[str(status)]
            contents = answered.content if isinstance(answered, OpenAPIResponse) else None
            for each in (contents or {}).values():
                each.examples = shown

    return Shown


def _as_problem(response: Response[Any]) -> Response[Any]:
    """Answer beside the document as everywhere; Litestar has a page of its own there."""
    return problem_response(nothing_here()) if response.status_code == HTTP_404_NOT_FOUND else response


def openapi_config(version: str) -> OpenAPIConfig:
    """Describe the whole API; the document is at /schema/openapi.json."""
    return OpenAPIConfig(
        title="Astrolabe",
        version=version,
        description=DESCRIPTION,
        openapi_router=Router("/schema", route_handlers=[], include_in_schema=False, after_request=_as_problem),
        render_plugins=[JsonRenderPlugin()],
        use_handler_docstrings=True,
        operation_id_creator=lambda handler, _method, _path: handler.handler_name,
        components=Components(
            security_schemes={
                SCHEME: SecurityScheme(
                    type="http", scheme="bearer", description="A token with the scope that the route names."
                ),
                SESSION: SecurityScheme(
                    type="apiKey",
                    security_scheme_in="cookie",
                    name=COOKIE,
                    description="The same token, as `POST /sign-in` puts it into a cookie of the console.",
                ),
                CONSOLE: SecurityScheme(
                    type="apiKey",
                    security_scheme_in="header",
                    name=CONSOLE_HEADER,
                    description="Any value, beside the cookie, for what changes something: no other site can send it.",
                ),
            }
        ),
        tags=[
            Tag("instances", "What is deployed, where it stands, and its way back."),
            Tag("upgrades", "Runs from a version to a version."),
            Tag("approvals", "What needs somebody else's yes."),
            Tag("audit", "What happened, and the proof of it."),
            Tag("products", "What can be deployed."),
            Tag("webhooks", "Who is notified of what happens."),
            Tag("contacts", "Which people are notified, of what and when."),
            Tag("tokens", "Who may do what."),
            Tag("meta", "Health, metrics, and what problems mean."),
        ],
    )
