"""The routes that describe problem types, so that a `type` can be looked up."""

from typing import Annotated

from litestar.params import PathParameter
from msgspec import Struct

from astrolabe.api.http.problem_catalogue import CATALOGUE, ProblemType
from astrolabe.api.http.problems import ApiProblem
from astrolabe.api.http.route import get


class ProblemTypes(Struct, frozen=True):
    """All problem types."""

    items: tuple[ProblemType, ...]
    """The problem types."""


@get("/problems", summary="List every problem type", tag="meta", scope=None)
async def list_problems() -> ProblemTypes:
    """Return every problem type that an answer may carry."""
    return ProblemTypes(tuple(CATALOGUE.values()))


@get("/problems/{name:str}", summary="Describe a problem type", tag="meta", scope=None, problems=("not-found",))
async def describe_problem(
    name: Annotated[str, PathParameter(description="A problem type's name, such as not-found.")],
) -> ProblemType:
    """Say what a problem type means and what helps."""
    if name not in CATALOGUE:
        raise ApiProblem("not-found", "No problem type has this name; see GET /problems.")
    return CATALOGUE[name]


ROUTES = (list_problems, describe_problem)
