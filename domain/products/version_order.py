"""The order of versions, after Semantic Versioning 2.0.0, 11."""

from functools import lru_cache
from typing import NamedTuple

import semver

from astrolabe.domain.words import Version


class Order(NamedTuple):
    """A version as it is compared, field after field; its build metadata is of no account."""

    major: int
    minor: int
    patch: int
    is_final: bool
    prerelease: tuple[tuple[bool, int, str], ...]
    """The identifiers of a prerelease: whether each is a text, and which number or text it is; empty where final."""


@lru_cache(1024)
def order(version: Version) -> Order:
    """Return a version as it is compared; each is read once, for the same few are asked about again and again."""
    read = semver.Version.parse(version)
    parts = tuple(_identifier(part) for part in read.prerelease.split(".")) if read.prerelease else ()
    return Order(read.major, read.minor, read.patch, not parts, parts)


def _identifier(part: str) -> tuple[bool, int, str]:
    return (False, int(part), "") if part.isdigit() else (True, 0, part)
