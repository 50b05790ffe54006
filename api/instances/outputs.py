"""The route of outputs: what a command said at length, by the hash that an event names."""

import re
from typing import Annotated

from litestar import Response
from litestar.params import PathParameter

from astrolabe.api.http import documentation as doc
from astrolabe.api.http.problems import ApiProblem
from astrolabe.api.http.resources import AuthenticatedRequest, resources_of
from astrolabe.api.http.rights import reach_of, steady, visible
from astrolabe.api.http.route import get

TEXT = "text/plain"
_HASH = re.compile("[0-9a-f]{64}")


@get(
    "/outputs/{sha256:str}",
    summary="Read an output",
    tag="upgrades",
    scope="read",
    narrowed=True,
    trail=True,
    media_type=TEXT,
    answers={200: doc.answer(str, "What the command said", TEXT)},
    problems=("output-unknown",),
)
async def show_output(
    request: AuthenticatedRequest,
    sha256: Annotated[str, PathParameter(description="The output's SHA-256, in hexadecimal.")],
) -> Response[bytes]:
    """Return what a check or a problem names as its `output`, byte for byte, while its retention lasts."""
    async with steady(request):
        found = await _seen(request, sha256) if _HASH.fullmatch(sha256) else None
        if found is None:
            raise ApiProblem("output-unknown", "No output has this hash, or its retention has ended.")
    return Response(found, media_type=TEXT, headers={"X-Content-Type-Options": "nosniff"})


async def _seen(request: AuthenticatedRequest, sha256: str) -> bytes | None:
    """Return an output; None where there is none, or where no instance that the token may see names it."""
    outputs, reach = resources_of(request).outputs, reach_of(request)
    if reach.selectors is not None:
        naming = await outputs.named_by(sha256, reach.selectors)
        if not any([await visible(request, instance_id) for instance_id in naming]):
            return None
    return await outputs.get(sha256)


ROUTES = (show_output,)
