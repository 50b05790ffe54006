"""Targets: the stand-in's releases that upgrades lead to, and which way each of them must take."""

from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct

from tests.chaos.moment import BEFORE_STOP, MIGRATION, VERIFICATION, WAY_BACK
from tests.standin.releases import RELEASES, Release

OLD: Final = "1.1.0"
"""The version that every instance runs at first."""

PRODUCT: Final = "standin"
WITH_STOPS: Final = "standin-stops"
"""The product whose notes demand that two releases on the way run once."""

STOPS: Final = ("2.0.0", "2.1.0")

NOTES: Final = "".join(f'[[release]]\nversion = "{stop}"\nrequired_stop = true\n\n' for stop in STOPS)

Ends = Literal["new", "failed migration", "failed verification"]

WAYS: Final[Mapping[Ends, tuple[str, ...]]] = {
    "new": (*BEFORE_STOP, *MIGRATION, *VERIFICATION, "upgrade_succeeded"),
    "failed migration": (*BEFORE_STOP, *MIGRATION, *WAY_BACK),
    "failed verification": (*BEFORE_STOP, *MIGRATION, *VERIFICATION[:2], *WAY_BACK),
}
"""The places that an upgrade passes which nothing is done to."""


class Target(Struct, frozen=True):
    """A release to upgrade to, and how that ends where nothing is done to it."""

    version: str
    ends: Ends
    weight: int = 1
    product: str = PRODUCT

    @property
    def good(self) -> bool:
        """Whether the release is one that an upgrade must reach."""
        return self.ends == "new"

    @property
    def way(self) -> tuple[str, ...]:
        """List the places that an upgrade to it passes."""
        return WAYS[self.ends]


TARGETS: Final = (
    Target("2.0.0", "new", weight=5),
    Target("1.3.0", "new", weight=4),
    Target("1.2.0", "failed migration", weight=3),
    Target("1.4.0", "failed migration", weight=2),
    Target("1.5.0", "failed migration", weight=2),
    Target("1.6.0", "failed verification", weight=3),
    Target("2.2.0", "new", weight=2, product=WITH_STOPS),
    Target("2.3.0", "failed migration", weight=2, product=WITH_STOPS),
)


def release(version: str) -> Release:
    """Find a release of the stand-in."""
    return next(each for each in RELEASES if each.version == version)


def migrations(version: str) -> frozenset[str]:
    """Name the migrations that a version's database has."""
    return frozenset(release(version).migrations)
