"""The pages that show what the API answers, and what can be asked of it: static files that hold no data."""

from pathlib import Path
from typing import Final

from litestar import Response
from litestar.params import FromPath

from astrolabe.api.http.problems import ApiProblem
from astrolabe.api.http.route import get

FOLDER: Final = Path(__file__).parent / "page"
MEDIA_TYPES: Final = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
"""Nothing from elsewhere runs here, nobody frames it, and a new version of Astrolabe shows its own page at once."""

FILES: Final = {path.name: path.read_bytes() for path in sorted(FOLDER.iterdir())}


@get("/", summary="See the page", tag="meta", scope=None, documented=False)
async def show_page() -> Response[bytes]:
    """Return the page; what it shows, it asks the API for with the token of whoever looks."""
    return _file("index.html")


@get("/reference", summary="See the reference", tag="meta", scope=None, documented=False)
async def show_reference() -> Response[bytes]:
    """Return the reference of the API, which the browser makes of the OpenAPI document."""
    return _file("reference.html")


@get("/page/{name:str}", summary="Read a part of the page", tag="meta", scope=None, documented=False)
async def show_part(name: FromPath[str]) -> Response[bytes]:
    """Return a part of the page."""
    if name not in FILES:
        raise ApiProblem("not-found", "The page has no such part; reload it.")
    return _file(name)


def _file(name: str) -> Response[bytes]:
    return Response(FILES[name], media_type=MEDIA_TYPES[Path(name).suffix], headers=HEADERS)


ROUTES = (show_page, show_reference, show_part)
