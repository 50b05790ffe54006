"""Lines of a product file: where in its text a field stands."""

import re
from typing import TypeAlias

Path: TypeAlias = tuple[str, ...]
"""The names that lead to a field; of several tables of one name each has its number, from 0: `siblings[1]`."""


def last_line(message: str, text: str) -> int:
    """Return the line that a TOML reader's message names, or else the last."""
    found = re.search(r"\(at line ([0-9]+),", message)
    return int(found[1]) if found else max(1, len(text.splitlines()))


def line_of(text: str, path: Path) -> int:
    """Find the line that a key stands on, or else the nearest table around it; 1 where there is neither."""
    table: Path = ()
    numbers: dict[Path, int] = {}
    best, depth = 1, 0
    for number, line in enumerate(text.splitlines(), 1):
        here = _key_of(line.strip(), table, numbers)
        if line.strip().startswith("["):
            table = here
        if depth < len(here) <= len(path) and _leads_to(here, path):
            best, depth = number, len(here)
    return best


def _leads_to(here: Path, path: Path) -> bool:
    # A list on one line has no numbers: all that it holds stands on that line.
    return all(part in {wanted, wanted.partition("[")[0]} for part, wanted in zip(here, path, strict=False))


def _key_of(line: str, table: Path, numbers: dict[Path, int]) -> Path:
    if line.startswith("["):
        return _header(_parts(line.partition("]")[0].strip("[")), numbers, another=line.startswith("[["))
    key, equals, _ = line.partition("=")
    return table + _parts(key) if equals and not key.startswith("#") else ()


def _header(parts: Path, numbers: dict[Path, int], *, another: bool) -> Path:
    found: Path = ()
    for nth, part in enumerate(parts):
        plain = (*found, part)
        if another and nth == len(parts) - 1:
            numbers[plain] = numbers.get(plain, -1) + 1
        found = (*found, f"{part}[{numbers[plain]}]") if plain in numbers else plain
    return found


def _parts(key: str) -> Path:
    return tuple(part.strip().strip("'\"") for part in key.split("."))
