"""Bodies: JSON read strictly, no type coerced, and explained in words where it is wrong."""

import json
import re
from functools import cache
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import State
from msgspec import Meta
from typing_extensions import override

from astrolabe.api.http.problems import ApiProblem, FieldError
from astrolabe.domain import words
from astrolabe.domain.access import Token

MAX_BODY = 65_536
"""How long a body may be, in bytes."""

_TYPES_OF_FIELDS = {"target": "version-invalid", "version": "version-invalid"}
_REGEX = re.compile(r"Expected str matching regex (.*)", re.DOTALL)
_LACKS = re.compile(r"Object contains unknown field (.*)", re.DOTALL)
_MISSES = re.compile(r"Object missing required field (.*)", re.DOTALL)


class StrictRequest(Request[Any, Token, State]):
    """A request whose JSON body is decoded straight into the type that its handler asks for."""

    @override
    async def json(self) -> Any:
        """Return the decoded body; raises ApiProblem where it is not what was asked for."""
        media_type = self.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
        if media_type != "application/json" and not media_type.endswith("+json"):
            raise ApiProblem("media-type-unsupported", "Send the body as JSON, with `Content-Type: application/json`.")
        field = self.route_handler.parsed_data_field
        return decode(await self.body(), field.annotation if field else Any)


def decode(body: bytes, kind: Any) -> Any:
    """Read a JSON body as a type; raises ApiProblem with the path of the field that is wrong."""
    try:
        decoded = _decoder(kind).decode(body)
        json.loads(body, object_pairs_hook=_once)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from None
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        said = str(error).partition(":")[0] if isinstance(error, ValueError | RecursionError) else str(error)
        raise ApiProblem("json-malformed", f"The body is not JSON ({said}); send one JSON object in UTF-8.") from None
    return decoded


def _once(pairs: list[tuple[str, Any]]) -> None:
    """Refuse an object that names a field twice: whoever looks at it elsewhere may see the other value."""
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise ApiProblem("json-malformed", f"The body names {name[:100]} twice in one object; keep one of both.")
        seen.add(name)


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def metas_of(word: object) -> list[Meta]:
    """Return the bounds that a word is annotated with."""
    return [meta for meta in getattr(word, "__metadata__", ()) if isinstance(meta, Meta)]


@cache
def _descriptions() -> dict[str, str]:
    """Return the form of each word by the pattern that a validation message quotes."""
    metas = (meta for word in vars(words).values() for meta in metas_of(word))
    return {repr(meta.pattern): meta.description for meta in metas if meta.pattern and meta.description}


def _invalid(said: str) -> ApiProblem:
    message, _, place = said.replace("`", "").partition(" - at ")
    path = place.removeprefix("key in ").removeprefix("$").removeprefix(".")
    if named := _LACKS.match(message):
        return _unknown(path, named[1])
    if named := _MISSES.match(message):
        return _wrong("field-invalid", _join(path, named[1]), "is missing")
    whose = "has a key that " if place.startswith("key in ") else ""
    return _wrong(_TYPES_OF_FIELDS.get(path, "field-invalid"), path or "the body", whose + _plain(message))


def _join(*parts: str) -> str:
    return ".".join(part for part in parts if part)


def _unknown(path: str, name: str) -> ApiProblem:
    field = _join(path, name)
    detail = f"{field} is unknown; remove it or correct its spelling."
    return ApiProblem("field-unknown", detail, errors=(FieldError(field, "is unknown"),))


def _wrong(name: str, field: str, message: str) -> ApiProblem:
    detail = f"{field} {message}; correct it and send the request again."
    return ApiProblem(name, detail, errors=(FieldError(field, message),))


def _plain(message: str) -> str:
    if pattern := _REGEX.match(message):
        meaning = _descriptions().get(pattern[1])
        return f"must be {meaning}" if meaning else "does not have the form that is asked for"
    return "is wrong: " + message[:1].lower() + message[1:]
