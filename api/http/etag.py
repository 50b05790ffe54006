"""ETags: the version of an instance's stream, sent with each answer and expected back in If-Match or If-None-Match."""

import re
from collections.abc import Mapping
from typing import TypeVar, cast

from litestar import Response

from astrolabe.api.http.problems import ApiProblem

T = TypeVar("T")

_ETAG = re.compile(r'"(0|[1-9][0-9]{0,9})"')
_TAGS = re.compile(r'(?:W/)?("[^"]*")')


def etag(version: int) -> str:
    """Return the ETag of a stream's version."""
    return f'"{version}"'


def expected_version(if_match: str | None) -> int | None:
    """Read If-Match; None where any version will do."""
    if if_match is None or if_match.strip() == "*":
        return None
    if found := _ETAG.fullmatch(if_match.strip()):
        return int(found[1])
    raise ApiProblem("if-match-invalid", 'If-Match must be one ETag as it was given, such as "7", or *.')


def unless_known(
    if_none_match: str | None, version: int, view: T, headers: Mapping[str, str] | None = None, *, settled: bool = True
) -> Response[T]:
    """Answer with a view of a stream, or with 304 to a caller who names its version in If-None-Match.

    Where it holds more than the stream says, it is not `settled`, and always sent.
    """
    own = {"ETag": etag(version), "Cache-Control": "private, no-cache", **(headers or {})}
    if settled and if_none_match is not None and etag(version) in _TAGS.findall(if_none_match):
        return cast("Response[T]", Response(None, status_code=304, headers=own))
    return Response(view, headers=own)
