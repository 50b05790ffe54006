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
"""How many releases a plan tells of; of more, the last."""


class CrossedRelease(Struct, frozen=True):
    """A release on the way: its notes, perhaps cut, and the hash of all that is said of it."""

    version: Version
    breaking: bool
    required_stop: bool
    notes: str
    rollback: str
    url: str | None
    sha256: Sha256
    migrations: tuple[MigrationType, ...] = ()


def crossed(route: Route) -> tuple[CrossedRelease, ...]:
    """Return the releases of a route as a plan holds them."""
    told = route.crossed[-MOST:]
    return tuple(_crossed(release, BUDGET // len(told)) for release in told)


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
