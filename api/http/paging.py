"""Paging: a list ends where the caller's limit is, and says by a link where it goes on."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar
from urllib.parse import urlencode

T = TypeVar("T")


def page_of(found: Sequence[T], limit: int, link: Callable[[T], str]) -> tuple[tuple[T, ...], str | None]:
    """Return the items of a page, and the link that its last item gives where more was found than it holds."""
    items = tuple(found[:limit])
    return items, link(items[-1]) if len(found) > limit else None


def next_page(path: str, parameters: Mapping[str, object]) -> str:
    """Return the link to the next page."""
    return f"{path}?{urlencode({key: value for key, value in parameters.items() if value is not None})}"
