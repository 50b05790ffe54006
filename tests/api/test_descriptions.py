"""What is public says what it is: every field has a description, with its unit and the meaning of null."""

from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from msgspec import Struct

from astrolabe.api.app import create_app
from astrolabe.api.http.field_descriptions import field_descriptions
from astrolabe.api.webhooks.types import list_types
from astrolabe.domain.access import AccessEvent
from astrolabe.domain.access_log import AccessCounted
from astrolabe.domain.audit.witness_reports import WitnessEvent
from astrolabe.domain.holds import HoldEvent
from astrolabe.domain.notices.contact import ContactEvent
from astrolabe.domain.products.product import Product
from astrolabe.domain.products.release import Releases
from astrolabe.domain.upgrades.events import Event
from astrolabe.domain.webhooks.endpoint import WebhookEvent

UNITS = {"_ms": "milliseconds", "_seconds": "seconds", "_hours": "hours"}
ABSENT = ("null", "left out")
"""How a description says what it means that a field has no value."""


def structs_in(annotation: Any, found: dict[type[Struct], None] | None = None) -> dict[type[Struct], None]:
    """Every struct that a type is made of, however deep."""
    found = {} if found is None else found
    if isinstance(annotation, type) and issubclass(annotation, Struct) and annotation not in found:
        found[annotation] = None
        for hint in get_type_hints(annotation, include_extras=True).values():
            structs_in(hint, found)
    for part in get_args(annotation):
        structs_in(part, found)
    return found


EVENTS = Event | AccessEvent | WebhookEvent | AccessCounted | ContactEvent | WitnessEvent | HoldEvent
PUBLIC = list(structs_in(EVENTS | Product | Releases))


def document() -> dict[str, Any]:
    """The OpenAPI document."""
    return create_app(database_url="postgresql://nobody@127.0.0.1/nothing").openapi_schema.to_schema()


def properties_in(schema: Any, place: str = "") -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every property of a schema: where it is, its name, and its own schema."""
    if isinstance(schema, dict):
        known = schema.get("properties", {}) if schema.get("type") == "object" else {}
        for name, each in known.items():
            yield f"{place}.{name}", name, each
        for key, each in schema.items():
            yield from properties_in(each, f"{place}/{key}")
    elif isinstance(schema, list):
        for each in schema:
            yield from properties_in(each, place)


def accepts_null(schema: dict[str, Any]) -> bool:
    """Whether null is a value of this schema."""
    return (
        schema.get("type") == "null"
        or None in schema.get("enum", ())
        or any(map(accepts_null, schema.get("oneOf", ())))
    )


def unit_of(name: str) -> str:
    """The unit that a field's name calls for in its description."""
    return next((unit for ending, unit in UNITS.items() if name.endswith(ending)), "")


def is_sentence(text: str) -> bool:
    """Whether a text begins large, or with what is quoted, and ends."""
    return (text[:1].isupper() or text[:1] in "`1") and text.endswith(".")


def test_everything_in_the_openapi_has_a_description() -> None:
    """Every property, every parameter and every struct, with the meaning of null and the unit."""
    openapi = document()
    properties = list(properties_in(openapi))
    assert len(properties) > 500
    assert [place for place, _, each in properties if not is_sentence(each.get("description", ""))] == []
    assert [
        place
        for place, _, each in properties
        if accepts_null(each) and not any(word in each["description"] for word in ABSENT)
    ] == []
    assert [place for place, name, each in properties if unit_of(name) not in each["description"]] == []
    parameters = [
        each for item in openapi["paths"].values() for way in item.values() for each in way.get("parameters", ())
    ]
    assert parameters
    assert [each["name"] for each in parameters if not is_sentence(each.get("description", ""))] == []
    schemas = openapi["components"]["schemas"].items()
    assert [name for name, each in schemas if not is_sentence(each.get("description", ""))] == []


@pytest.mark.parametrize("kind", PUBLIC, ids=lambda kind: kind.__name__)
def test_every_field_of_events_and_product_files_has_a_description(kind: type[Struct]) -> None:
    """With its unit, and the meaning of null where it may be null."""
    texts = field_descriptions(kind)
    for field in msgspec.structs.fields(kind):
        text = texts.get(field.name, "")
        assert is_sentence(text), field.name
        assert unit_of(field.name) in text, field.name
        if type(None) in get_args(field.type):
            assert any(word in text for word in ABSENT), field.name


def test_every_event_is_in_the_openapi_as_what_data_may_be() -> None:
    """Under the name of its type, without the type itself, which stands beside `data`."""
    schemas = document()["components"]["schemas"]
    for view, union in (("EventView", Event), ("AuditEvent", EVENTS)):
        listed = [each["$ref"].rpartition("/")[2] for each in schemas[view]["properties"]["data"]["anyOf"]]
        assert {schemas[name]["title"] for name in listed} == {each.__struct_config__.tag for each in get_args(union)}
        assert all("type" not in schemas[name]["properties"] for name in listed)


async def test_the_schemas_of_notifications_have_descriptions() -> None:
    """Also for a type's own JSON Schema, which stands outside of the OpenAPI."""
    for each in (await list_types.fn()).items:
        assert [place for place, _, field in properties_in(each.schema) if not field.get("description")] == []


class Base(Struct):
    """A struct for these tests."""

    first: int
    """What stands
    on two lines."""
    second: int = 0


class Derived(Base):
    """One that takes from it."""

    second: int = 1
    """Said here alone."""


def test_a_field_has_what_stands_under_it_and_a_class_what_its_bases_say() -> None:
    """On one line, and nothing where nothing stands."""
    assert field_descriptions(Base) == {"first": "What stands on two lines."}
    assert field_descriptions(Derived) == {"first": "What stands on two lines.", "second": "Said here alone."}


def test_a_class_without_source_has_no_descriptions() -> None:
    """A program that is installed as byte code alone says less, and works."""
    assert field_descriptions(msgspec.defstruct("Made", [("field", int)], module="builtins")) == {}
