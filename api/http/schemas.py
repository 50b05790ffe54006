"""Schemas: what the OpenAPI says of a struct and of each of its fields."""

import inspect
from typing import Any, get_args, get_type_hints

import msgspec
from litestar.openapi.spec import Schema
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition
from msgspec import Meta, Struct
from typing_extensions import override

from astrolabe.api.http.bodies import metas_of
from astrolabe.api.http.field_descriptions import field_descriptions

HOLDS = "holds"
"""The extra of a Meta that names the union whose members' fields an open object holds."""


def holding(union: Any) -> Meta:
    """Annotate an object whose fields are those of one of these events, without their tag."""
    return Meta(extra={HOLDS: union})


class StructSchemas(OpenAPISchemaPlugin):
    """Litestar's own schema of a struct, with what the struct's source says of it."""

    @override
    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        """Return whether this is a struct."""
        return not field_definition.is_union and field_definition.is_subclass_of(Struct)

    @override
    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        """Return the schema of a struct."""
        own = (each for each in schema_creator.plugins if each is not self)
        litestars = next(each for each in own if schema_creator.plugin_supports_field(each, field_definition))
        schema: Schema = litestars.to_openapi_schema(field_definition, schema_creator)
        kind: type[Struct] = field_definition.type_
        schema.description = inspect.cleandoc(kind.__doc__ or "")
        _leave_out_tag(kind, schema)
        _fill(kind, schema, schema_creator)
        _describe(kind, schema)
        return schema


def _leave_out_tag(kind: type[Struct], schema: Schema) -> None:
    """Leave out what stands beside the data of an event as its `type`; its title says which type it is."""
    tag = kind.__struct_config__.tag
    if tag is not None:
        field = str(kind.__struct_config__.tag_field)
        schema.title = str(tag)
        schema.properties = {name: each for name, each in (schema.properties or {}).items() if name != field}
        schema.required = [name for name in schema.required or () if name != field]


def _fill(kind: type[Struct], schema: Schema, schema_creator: Any) -> None:
    for name, hint in get_type_hints(kind, include_extras=True).items():
        for union in (meta.extra[HOLDS] for meta in metas_of(hint) if meta.extra and HOLDS in meta.extra):
            members = [FieldDefinition.from_annotation(each) for each in get_args(union)]
            (schema.properties or {})[name] = Schema(any_of=[schema_creator.for_field_definition(e) for e in members])


def _describe(kind: type[Struct], schema: Schema) -> None:
    texts = field_descriptions(kind)
    for field in msgspec.structs.fields(kind):
        if text := texts.get(field.name):
            (schema.properties or {})[field.encode_name].description = text
