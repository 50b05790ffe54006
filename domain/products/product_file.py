"""A product file: read, or every mistake in it named with its line and field."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, TypeAlias, cast, get_args

import msgspec
from msgspec import Meta, Struct

from astrolabe.domain.products import product, release
from astrolabe.domain.products.file_lines import Path, last_line, line_of
from astrolabe.domain.products.product import Product, ProductError
from astrolabe.domain.products.product_rules import complaints

Raw: TypeAlias = Mapping[str, object]


class Mistake(Struct, frozen=True):
    """What is wrong in a product file, and where."""

    line: int
    """The line it stands on, from 1."""
    field: str
    """The field, its names joined by dots; empty where the file is no TOML."""
    says: str
    """What is wrong."""

    def in_file(self, filename: str) -> str:
        """Write it as a compiler would: file, line, field and what is wrong."""
        return f"{filename}:{self.line}: {self.field}{': ' if self.field else ''}{self.says}"


def parse_product(text: str, filename: str) -> Product:
    """Read a product file; raises ProductError with file and line of its first mistake."""
    read, mistakes = read_product(text)
    if read is None:
        raise ProductError(mistakes[0].in_file(filename))
    return read


def read_product(text: str) -> tuple[Product | None, tuple[Mistake, ...]]:
    """Read a product file; without a product there are its mistakes, by line, and otherwise none."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return None, (Mistake(last_line(str(error), text), "", str(error)),)
    read = None
    found = list(_in_table(raw, Product, ()))
    if not found:
        try:
            read = msgspec.convert(raw, Product)
        except msgspec.ValidationError as error:  # of a whole list, such as one that is too long
            found = [(str(error), ())]
    # What depends on several fields can only be judged once each of them is well.
    found += complaints(read) if read else []
    mistakes = [Mistake(line_of(text, path), ".".join(path), says) for path, says in _by_path(found)]
    return None if found else read, tuple(sorted(mistakes, key=lambda each: each.line))


def _by_path(found: Iterable[tuple[str, Path]]) -> Iterator[tuple[Path, str]]:
    yield from ((path, says) for says, path in dict.fromkeys(found))


def _in_table(raw: Raw, table: type[Struct], path: Path) -> Iterator[tuple[str, Path]]:
    fields = {each.encode_name: each for each in msgspec.structs.fields(table)}
    for name, value in raw.items():
        if name in fields:
            yield from _in_value(value, fields[name].type, (*path, name))
        else:
            yield f"is no field; there are {', '.join(fields)}", (*path, name)
    for name, field in fields.items():
        if name not in raw and field.required:
            yield "is missing", (*path, name)


def _in_value(value: object, kind: Any, path: Path) -> Iterator[tuple[str, Path]]:
    table = _table_in(kind)
    if table and isinstance(value, dict):
        yield from _in_table(cast("Raw", value), table, path)
    elif table and isinstance(value, list):
        for nth, each in enumerate(cast("list[object]", value)):
            yield from _in_value(each, table, (*path[:-1], f"{path[-1]}[{nth}]"))
    elif isinstance(value, list):
        yield from ((says, path) for each in cast("list[object]", value) if (says := _refusal([each], kind)))
    elif isinstance(value, dict):
        parts = cast("Raw", value).items()
        yield from ((says, (*path, name)) for name, each in parts if (says := _refusal({name: each}, kind)))
    elif says := _refusal(value, kind):
        yield says, path


def _refusal(value: object, kind: Any) -> str | None:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        said, _, where = str(error).partition(" - at ")
        return ("has a name that " if where.startswith("`key` in") else "") + _plain(said)
    return None


def _table_in(kind: Any) -> type[Struct] | None:
    """Find the table that a field's type stands for, by itself, or null, or several of it."""
    if isinstance(kind, type) and issubclass(kind, Struct):
        return kind
    return next((found for each in get_args(kind) if (found := _table_in(each))), None)


def _plain(said: str) -> str:
    """Say what form is wanted instead of the expression that it is checked with."""
    if pattern := re.fullmatch(r"Expected `.+` matching regex (.+)", said, re.DOTALL):
        return f"must be {_forms()[pattern[1]]}"
    return said


@cache
def _forms() -> dict[str, str]:
    words = (*vars(product).values(), *vars(release).values())
    metas = (meta for word in words for meta in getattr(word, "__metadata__", ()) if isinstance(meta, Meta))
    return {repr(meta.pattern): meta.description or "of another form" for meta in metas if meta.pattern}
