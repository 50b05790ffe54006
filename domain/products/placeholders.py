"""Placeholders: what a product's arguments and variables may leave to be filled in for each instance."""

from collections.abc import Iterable
from string import Formatter
from typing import Final

PLACEHOLDERS: Final[tuple[str, ...]] = (
    "address",
    "port",
    "database_url",
    "database_host",
    "database_port",
    "database_name",
    "database_user",
    "database_password",
)
"""Their names, as they stand in braces."""

_WHICH_DATABASE: Final = {"database_url", "database_name"}


def used_in(words: Iterable[str]) -> frozenset[str]:
    """Return the placeholders that words of a product file use; raises ValueError where one is not well formed."""
    return frozenset(name for word in words for _, name, _, _ in Formatter().parse(word) if name is not None)


def say_database(words: Iterable[str]) -> bool:
    """Return whether words say which database is used, so that another one can be given."""
    return bool(used_in(words) & _WHICH_DATABASE)
