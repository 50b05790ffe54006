"""Release notes: what is said of the releases on the way, as a plan and the log hold it."""

from msgspec import Struct
from msgspec.structs import replace

from astrolabe.domain.bounds import fit, size_of
from astrolabe.domain.products.migration_type import Judgement, MigrationType, judge
from astrolabe.domain.products.release import Release
from astrolabe.domain.products.route import Route
from astrolabe.domain.words import Sha256, Version

BUDGET = 32_000
"""Bytes that a plan holds of all releases together; the hash of each release's notes stands beside them."""

MOST = 25
"""How many releases a plan describes; of more, the last."""


class CrossedRelease(Struct, frozen=True):
    """A release on the way: its notes, perhaps cut, and the hash of all that is said of it."""

    version: Version
    """The version."""
    breaking: bool
    """Whether its notes call it breaking."""
    required_stop: bool
    """Whether it must have run once before any later version."""
    notes: str
    """What its notes say, perhaps cut; empty where there are none."""
    rollback: str
    """What its notes say about going back, perhaps cut; empty where they say nothing."""
    url: str | None
    """Where the notes stand in full; null where they do not."""
    sha256: Sha256
    """The SHA-256 of all that is said of the release, in hexadecimal."""
    migrations: tuple[MigrationType, ...] = ()
    """The types of the migrations that it brings."""


def crossed(route: Route) -> tuple[CrossedRelease, ...]:
    """Return the releases of a route as a plan holds them."""
    shown = route.crossed[-MOST:]
    return tuple(_crossed(release, BUDGET // len(shown)) for release in shown)


def _crossed(release: Release, budget: int) -> CrossedRelease:
    bare = CrossedRelease(
        release.version,
        release.breaking,
        release.required_stop,
        "",
        "",
        release.url,
        release.sha256,
        tuple(dict.fromkeys(migration.type for migration in release.migrations)),
    )
    each = (budget - size_of(bare)) // 2
    return replace(bare, notes=fit(release.notes, each), rollback=fit(release.rollback, each))


def judged(route: Route) -> tuple[Judgement, ...]:
    """Judge the migrations on the way, each sort of them once."""
    migrations = (migration for release in route.crossed for migration in release.migrations)
    return tuple(dict.fromkeys(judge(migration) for migration in migrations))
