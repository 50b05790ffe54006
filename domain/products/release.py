"""Releases: what is known of a product's versions, from a file beside it or a feed."""

import hashlib
import re
import tomllib
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from astrolabe.domain.products.migration_type import Migration
from astrolabe.domain.products.version_order import Order, order
from astrolabe.domain.words import END, Version

Notes = Annotated[str, Meta(max_length=8000)]
Link = Annotated[str, Meta(pattern=rf"^https?://[^\s<>\"]{{1,490}}{END}", description="an http or https URL")]


class ReleaseError(ValueError):
    """A list of releases with a mistake; the message says where."""


class Release(Struct, frozen=True, forbid_unknown_fields=True):
    """A version of a product with its notes."""

    version: Version
    """The version."""
    notes: Notes = ""
    """What a person should know; empty where there are none."""
    breaking: bool = False
    """Whether somebody must act, or lose something, when coming to it or over it."""
    url: Link | None = None
    """Where the notes stand in full; null where they do not."""
    required_stop: bool = False
    """Whether it must have run once before any later version."""
    minimum: Version | None = None
    """The lowest version to come from directly; null where any will do."""
    migrations: Annotated[tuple[Migration, ...], Meta(max_length=200)] = ()
    """The migrations that it brings."""
    rollback: Notes = ""
    """What the notes say about going back; empty where they say nothing."""

    @property
    def sha256(self) -> str:
        """The hash of all that is said of this release."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()


class Releases(Struct, frozen=True, forbid_unknown_fields=True):
    """A list of releases, as a file or a feed gives it."""

    release: Annotated[tuple[Release, ...], Meta(max_length=2000)] = ()
    """The releases, in any order."""


def parse_releases(text: str, filename: str) -> tuple[Release, ...]:
    """Read a releases file (TOML); raises ReleaseError with file and line where it has a mistake."""
    try:
        found = msgspec.convert(tomllib.loads(text), Releases).release
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"\(at line ([0-9]+),", str(error))
        raise ReleaseError(f"{filename}:{at[1] if at else len(text.splitlines())}: {error}") from None
    except msgspec.ValidationError as error:
        raise ReleaseError(f"{filename}:{_line(text, str(error))}: {error}") from None
    if twice := repeated(found):
        lines = [number for number, line in enumerate(text.splitlines(), 1) if f'"{twice}"' in line]
        raise ReleaseError(f"{filename}:{lines[-1]}: {twice} is described twice")
    return found


def read_feed(body: bytes) -> tuple[Release, ...]:
    """Read a feed (JSON); raises ReleaseError where it has a mistake."""
    try:
        found = msgspec.json.decode(body, type=Releases).release
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ReleaseError(str(error)) from None
    if twice := repeated(found):
        raise ReleaseError(f"{twice} is described twice")
    return found


def repeated(releases: tuple[Release, ...]) -> str | None:
    """Name a version that is described more than once."""
    seen: set[Order] = set()
    for release in releases:
        version = order(release.version)
        if version in seen:
            return release.version
        seen.add(version)
    return None


def _line(text: str, message: str) -> int:
    """Find the line of a mistake: the release it is in, and the key there where it is named."""
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines, 1) if line.replace(" ", "").startswith("[[release]]")]
    where = re.search(r"\$\.release\[([0-9]+)\](?:\S*\.(\w+))?", message)
    unknown = re.search(r"unknown field `(\w+)`", message)
    if where is None:
        key = unknown[1] if unknown else ""
        return next((number for number, line in enumerate(lines, 1) if key and line.startswith(key)), 1)
    first = starts[int(where[1])] if int(where[1]) < len(starts) else 1
    last = next((start for start in starts if start > first), len(lines) + 1)
    key = where[2] or (unknown[1] if unknown else "")
    inside = (number for number in range(first, last) if key and re.match(rf"\s*{key}\b", lines[number - 1]))
    return next(inside, first)
