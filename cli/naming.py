"""Names that instances are proposed to be registered by: well formed, and none of them twice."""

import re
from collections.abc import Collection, Iterable, Iterator
from itertools import count
from typing import Final

_LONGEST: Final = 41
_NO_LETTERS_FIRST: Final = re.compile(r"^[^a-z]+")
_NOT_IN_NAMES: Final = re.compile(r"[^a-z0-9]+")


def distinct(called: Iterable[tuple[str, str]], taken: Collection[str]) -> Iterator[str]:
    """Return a name for each, after what its owner calls it or else after its product, that nobody else has."""
    gone = {*taken}
    for own, product in called:
        wanted = _well_formed(own) or product
        name = next(each for each in _numbered(wanted) if each not in gone)
        gone.add(name)
        yield name


def _well_formed(text: str) -> str:
    return _NO_LETTERS_FIRST.sub("", _NOT_IN_NAMES.sub("-", text.lower()))[:_LONGEST].strip("-")


def _numbered(name: str) -> Iterator[str]:
    yield name
    for number in count(2):
        last = f"-{number}"
        yield f"{name[: _LONGEST - len(last)].rstrip('-')}{last}"
