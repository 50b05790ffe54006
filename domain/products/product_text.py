"""The text of a product file: a product written so that reading it gives the same product again."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import msgspec
from msgspec import Struct

from astrolabe.domain.products.product import Product

ONE_LINE = 100
"""How long a list may become before each item has a line of its own."""


def product_text(product: Product) -> str:
    """Write a product as a file; what is as it would be without being said is left out."""
    return "\n".join(_table(_said(product), ())) + "\n"


def _said(table: Struct) -> dict[str, Any]:
    """Return the fields of a table that differ from their defaults, tables within it as dictionaries."""
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(type(table)):
        value: object = getattr(table, field.name)
        default = field.default_factory() if callable(field.default_factory) else field.default
        if value != default:
            found[field.encode_name] = _plain(value)
    return found


def _plain(value: object) -> Any:
    if isinstance(value, Struct):
        return _said(value)
    if isinstance(value, tuple):
        return [_plain(each) for each in cast("tuple[object, ...]", value)]
    return value


def _table(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    inner = {name: value for name, value in table.items() if _is_table(value) or _are_tables(value)}
    yield from (f"{name} = {_value(value)}" for name, value in table.items() if name not in inner)
    for name, value in inner.items():
        within = (*path, name)
        for each in cast("list[Mapping[str, Any]]", value if isinstance(value, list) else [value]):
            heading = ".".join(map(_key, within))
            yield f"\n[[{heading}]]" if isinstance(value, list) else f"\n[{heading}]"
            yield from _table({_key(key): inside for key, inside in each.items()}, within)


def _is_table(value: object) -> bool:
    return isinstance(value, dict)


def _are_tables(value: object) -> bool:
    return isinstance(value, list) and any(map(_is_table, cast("list[object]", value)))


def _key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else _value(name)


def _value(value: object) -> str:
    if isinstance(value, list):
        return _list([_value(each) for each in cast("list[object]", value)])
    # JSON's strings, numbers and truths are TOML's as well, but for one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


def _list(items: Sequence[str]) -> str:
    line = f"[{', '.join(items)}]"
    return line if len(line) <= ONE_LINE else "[\n" + "".join(f"    {each},\n" for each in items) + "]"
