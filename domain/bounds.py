"""Bounds: how much of a text an event can bear, counted in bytes of JSON, for that is what an entry is made of."""

from bisect import bisect_right
from typing import Any

import msgspec


def size_of(value: Any) -> int:
    """Return how many bytes of JSON a value is."""
    return len(msgspec.json.encode(value))


def fit(text: str, most: int) -> str:
    """Return as much of a text's beginning as is at most so many bytes between its quotes."""
    if size_of(text) - 2 <= most:
        return text
    return text[: bisect_right(range(len(text)), most, key=lambda end: size_of(text[:end]) - 2) - 1]
