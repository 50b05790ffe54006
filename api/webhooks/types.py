"""The routes of the catalogue: which types there are, with the schema of each and an example."""

from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any

import msgspec
from litestar.params import PathParameter
from msgspec import Struct

from astrolabe.api.http.field_descriptions import field_descriptions
from astrolabe.api.http.problems import ApiProblem
from astrolabe.api.http.route import get
from astrolabe.domain.webhooks import notification as n

EVENT = "0190f000-0000-7000-8000-00000000000e"
INSTANCE = "0190f000-0000-7000-8000-00000000000a"
UPGRADE = "0190f000-0000-7000-8000-00000000000b"


class TypeView(Struct, frozen=True):
    """A type of notification: what it says, the JSON Schema of its body, and an example."""

    type: str
    """The type's name, stable for ever."""
    description: str
    """What it says, in a sentence."""
    schema: dict[str, Any]
    """The JSON Schema (2020-12) of its body."""
    example: dict[str, Any]
    """A body of this type."""


class TypePage(Struct, frozen=True):
    """All types of notifications."""

    items: tuple[TypeView, ...]
    """The types."""


@get("/webhooks/types", summary="List types of notifications", tag="webhooks", scope="read", narrowed=True)
async def list_types() -> TypePage:
    """List what a webhook may be notified of."""
    return TypePage(tuple(_catalogue().values()))


@get(
    "/webhooks/types/{name:str}",
    summary="Look at a type of notification",
    tag="webhooks",
    scope="read",
    narrowed=True,
    problems=("not-found",),
)
async def show_type(name: Annotated[str, PathParameter(description="A type, such as astrolabe.ping.")]) -> TypeView:
    """Show one type's schema and an example."""
    if found := _catalogue().get(name):
        return found
    raise ApiProblem("not-found", "There is no such type; GET /webhooks/types lists those that there are.")


@cache
def _catalogue() -> dict[str, TypeView]:
    return {name: _view(name, about) for about, name in n.TYPES.items()} | {n.PING: _view(n.PING, None)}


def _view(name: str, about: type[Struct] | None) -> TypeView:
    said = "Somebody asked whether messages arrive." if about is None else (about.__doc__ or "").partition("\n")[0]
    return TypeView(name, said, _schema(name), _example(name, about, said))


def _schema(name: str) -> dict[str, Any]:
    schema = n.schema(name)
    parts = {n.Notification: schema, **{kind: schema["$defs"][kind.__name__] for kind in (n.Data, n.Links)}}
    for kind, part in parts.items():
        for field, text in field_descriptions(kind).items():
            part["properties"][field]["description"] = text
    return schema


def _example(name: str, about: type[Struct] | None, said: str) -> dict[str, Any]:
    at = datetime(2026, 1, 31, 12, tzinfo=UTC)
    if about is None:
        return _plain(n.ping(EVENT, INSTANCE, at))
    upgrade = UPGRADE if "upgrade_id" in about.__struct_fields__ else None
    links = n.Links(f"/instances/{INSTANCE}", f"/upgrades/{upgrade}" if upgrade else None)
    names = {"name": "flags", "product": "unleash"}
    versions = {"from_version": "5.6.0", "to_version": "6.10.1"} if upgrade else {}
    data = n.Data(links, INSTANCE, upgrade, **names, **versions)
    text = f"flags (unleash): {said}"
    subject = f"instances/{INSTANCE}"
    return _plain(
        n.Notification(
            "1.0",
            EVENT,
            n.SOURCE,
            name,
            subject,
            at,
            "application/json",
            data,
            12,
            "3401",
            text,
            f"{3401:019}",
            at,
            "system",
        )
    )


def _plain(message: n.Notification) -> dict[str, Any]:
    return msgspec.json.decode(n.encode(message))


ROUTES = (list_types, show_type)
