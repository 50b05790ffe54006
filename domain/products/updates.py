"""Updates: which known releases of a product are ahead of what runs."""

from collections.abc import Iterable

from astrolabe.domain.products.release import Release
from astrolabe.domain.products.version_order import order
from astrolabe.domain.words import Version


def is_update(version: Version, running: Version | None) -> bool:
    """Return whether a version is ahead; a prerelease is news only to whoever runs one."""
    if running is None:
        return False
    return order(version) > order(running) and (not order(version).prerelease or bool(order(running).prerelease))


def releases_ahead(running: Version, described: Iterable[Release], reached: Iterable[Version]) -> tuple[Release, ...]:
    """Return what is ahead of a version, the newest last, of releases that are described or that somebody came to."""
    known = {version: Release(version) for version in reached} | {each.version: each for each in described}
    ahead = (each for version, each in known.items() if is_update(version, running))
    return tuple(sorted(ahead, key=lambda each: order(each.version)))
