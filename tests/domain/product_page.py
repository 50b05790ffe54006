"""Every field of a product file: `python -m tests.domain.product_page` writes the end of docs/products.md."""

from collections.abc import Iterator
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

import msgspec
from msgspec import Meta, Struct

from astrolabe.api.http.field_descriptions import field_descriptions
from astrolabe.domain.products.product import Product

PAGE = Path(__file__).parents[2] / "docs" / "products.md"
HEADING = "## Every field"

INTRODUCTION = f"""\
{HEADING}

Written from the code by `python -m tests.domain.product_page`; a test compares the two. A field without a default must
be there where its table is.
"""

SIMPLE = {str: "text", bool: "true or false", int: "a number", NoneType: ""}


def tables(
    table: type[Struct] = Product, path: str = "", *, several: bool = False
) -> Iterator[tuple[str, type[Struct]]]:
    """Return each table by its heading as a file writes it, the outermost, which has none, first."""
    yield (f"[[{path}]]" if several else f"[{path}]") if path else "", table
    for field in msgspec.structs.fields(table):
        inner = _tables_in(field.type)
        for each in inner:
            within = f"{path}.{field.encode_name}".lstrip(".")
            yield from tables(each, within, several=get_origin(_bare(field.type)) is tuple)


def section() -> str:
    """Return the part of the page that is written from the code."""
    return INTRODUCTION + "".join(_written(heading, table) for heading, table in tables())


def page() -> str:
    """Return the page as it must be."""
    return PAGE.read_text("utf-8").partition(HEADING)[0] + section()


def _written(heading: str, table: type[Struct]) -> str:
    # TOML has no null.
    says = {name: text.replace("; null ", "; left out ") for name, text in field_descriptions(table).items()}
    rows = "".join(
        f"| `{each.encode_name}` | {form(each.type)} | {_default(each)} | {says[each.name]} |\n"
        for each in msgspec.structs.fields(table)
    )
    title = f"`{heading}`" if heading else "Outside any table"
    about = " ".join((table.__doc__ or "").partition("\n\n")[0].split())
    return f"\n### {title}\n\n{about}\n\n| field | is | default | means |\n|---|---|---|---|\n{rows}"


def form(kind: Any) -> str:
    """Say in words what a field holds."""
    for meta in getattr(kind, "__metadata__", ()):
        if isinstance(meta, Meta) and meta.description:
            return meta.description
        if isinstance(meta, Meta) and meta.ge is not None:
            return f"a number from {meta.ge} to {meta.le}"
    bare = _bare(kind)
    return SIMPLE[bare] if bare in SIMPLE else _form_of_parts(bare)


def _form_of_parts(kind: Any) -> str:
    parts = get_args(kind)
    if get_origin(kind) is Literal:
        return " or ".join(f"`{each}`" for each in parts)
    if get_origin(kind) is tuple:
        return "tables" if _tables_in(kind) else f"a list; each is {form(parts[0])}"
    if get_origin(kind) is dict:
        return f"{form(parts[1])} by name; a name is {form(parts[0])}"
    return "a table" if _tables_in(kind) else " or ".join(filter(None, map(form, parts)))


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return ""
    value: Any = field.default
    if value is msgspec.NODEFAULT:
        value = field.default_factory() if callable(field.default_factory) else None
    if value is None or isinstance(value, Struct):
        return "none" if value is None else "its fields' defaults"
    if isinstance(value, bool):
        return str(value).lower()
    shown = value if isinstance(value, tuple) else (value,) if value else ()
    return ", ".join(f"`{each}`" for each in shown) or "empty"


def _bare(kind: Any) -> Any:
    return get_args(kind)[0] if hasattr(kind, "__metadata__") else kind


def _tables_in(kind: Any) -> list[type[Struct]]:
    if isinstance(kind, type) and issubclass(kind, Struct):
        return [kind]
    return [found for each in get_args(kind) for found in _tables_in(each)]


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
