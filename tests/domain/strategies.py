"""Generated values of any domain type, within the bounds that its words set."""

import types
import typing
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from hypothesis import strategies as st

from astrolabe.domain.access import AccessEvent
from astrolabe.domain.access_log import AccessCounted
from astrolabe.domain.audit.witness_reports import WitnessEvent
from astrolabe.domain.holds import HoldEvent
from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.domain.instances.file_rules import FileRules
from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.upgrades.events import Event

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
COUNTS = st.integers(-(2**53) + 1, 2**53 - 1)
_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    int: COUNTS,
    bool: st.booleans(),
    type(None): st.none(),
    datetime: MOMENTS,
}


def values(kind: Any) -> st.SearchStrategy[Any]:  # noqa: PLR0911  one arm a form of type
    """Generate values of a type."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return structs(kind)
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _bounded(parts[0], [meta for meta in parts[1:] if isinstance(meta, msgspec.Meta)])
    if origin is Literal:
        return st.sampled_from(parts)
    if origin in {Union, types.UnionType}:
        return st.one_of([values(part) for part in parts])
    if origin is tuple:
        return st.lists(values(parts[0]), max_size=3).map(tuple)
    if origin is dict:
        return st.dictionaries(values(parts[0]), values(parts[1]), max_size=3)
    raise NotImplementedError(kind)


def _bounded(kind: Any, metas: list[msgspec.Meta]) -> st.SearchStrategy[Any]:
    [meta] = metas
    if meta.pattern:
        return st.from_regex(meta.pattern).filter(lambda text: _takes(Annotated[kind, meta], text))
    if kind is int:
        return st.integers(_whole(meta.ge), _whole(meta.le))
    if get_origin(kind) is dict:
        return values(kind)
    if get_origin(kind) is tuple:
        return st.lists(values(get_args(kind)[0]), min_size=meta.min_length or 0, max_size=3).map(tuple)
    return values(kind) if meta.max_length is None else st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def _whole(bound: float | None) -> int | None:
    return None if bound is None else int(bound)


def _takes(kind: Any, value: object) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def structs(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Generate values of a struct, every field of it."""
    hints = typing.get_type_hints(kind, include_extras=True)
    fields = {field: values(hints[field]) for field in kind.__struct_fields__}
    if kind is InstanceConfig:
        return st.one_of([st.builds(kind, **{**fields, **only}) for only in _KINDS])
    if kind is FileRules:
        fields["leave"] = st.just(())
    return st.builds(kind, **fields)


_KINDS: tuple[dict[str, st.SearchStrategy[Any]], ...] = (
    {"kind": st.just("npx"), "port": st.integers(1, 65535), "prefix": st.none(), "compose": st.none()},
    {
        "kind": st.just("compose"),
        "port": st.integers(1, 65535),
        "prefix": st.none(),
        "folder": st.none(),
        "kept_variables": st.just(()),
        "compose": st.deferred(lambda: structs(ComposeProject)),
    },
    {
        "kind": st.just("cli"),
        "port": st.none(),
        "database": st.none(),
        "compose": st.none(),
        "folder": st.none(),
        "kept_variables": st.just(()),
    },
)
"""What the kinds of an instance have, and what they have not."""


EVENT_TYPES: tuple[type[Any], ...] = get_args(Event)
ACCESS_EVENT_TYPES: tuple[type[Any], ...] = (
    *get_args(AccessEvent),
    AccessCounted,
    *get_args(WitnessEvent),
    *get_args(HoldEvent),
)

events = st.one_of([st.deferred(lambda kind=kind: structs(kind)) for kind in EVENT_TYPES])
