"""ETags: the version of an instance's stream, sent with each answer and expected back in If-Match."""

import re

from astrolabe.api.http.problems import ApiProblem

_ETAG = re.compile(r'"(0|[1-9][0-9]{0,9})"')


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
