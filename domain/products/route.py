"""A route: the way from a version to another over the stops that releases require."""

from collections.abc import Sequence

from msgspec import Struct

from astrolabe.domain.problem import Refused
from astrolabe.domain.products.release import Release
from astrolabe.domain.products.version_order import order
from astrolabe.domain.words import Version


class Route(Struct, frozen=True):
    """What each leg ends on, the releases that are crossed, and whether the target's notes are known."""

    legs: tuple[Version, ...]
    crossed: tuple[Release, ...]
    known: bool

    @property
    def breaking(self) -> tuple[Version, ...] | None:
        """Name the breaking releases on the way; None where nobody knows."""
        return tuple(each.version for each in self.crossed if each.breaking) if self.known else None


def find_route(releases: Sequence[Release], current: Version, target: Version) -> Route:
    """Find the way with the fewest legs; raises Refused where a minimum cannot be met.

    The notes are taken to be complete up to the newest release that they describe: what they do not name below it is
    neither breaking nor a stop. A target that they do not name is unknown.
    """
    start, end = order(current), order(target)
    way = sorted(
        (each for each in releases if start < order(each.version) <= end), key=lambda each: order(each.version)
    )
    legs: list[Version] = []
    here = current
    while order(here) < end:
        here = _farthest(way, here, target)
        legs.append(here)
    return Route(tuple(legs), tuple(way), any(order(each.version) == end for each in way))


def _farthest(way: Sequence[Release], here: Version, target: Version) -> Version:
    """Go as far as one leg may: to the next required stop, or to the last release before a minimum out of reach.

    What can be reached from a version is a stretch without gaps, and reaches no less far from a later version: so
    going as far as possible each time needs the fewest legs.
    """
    reached: Version | None = None
    for release in (each for each in way if order(each.version) > order(here)):
        if release.minimum and order(release.minimum) > order(here):
            if reached is None:
                raise Refused(
                    "no-route",
                    f"{release.version} needs {release.minimum} before it; upgrade to that or a later one first.",
                )
            return reached
        if order(release.version) == order(target) or release.required_stop:
            return release.version
        if not order(release.version).prerelease:
            reached = release.version
    return target
