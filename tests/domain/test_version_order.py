"""The order of versions: field after field, as Semantic Versioning has it."""

import itertools

import pytest
import semver

from astrolabe.domain.products.version_order import order

ASCENDING = (
    *("0.9.9", "1.0.0-0", "1.0.0-2", "1.0.0-10", "1.0.0-10.a", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.1.0"),
    *("1.0.0-alpha.2", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0"),
    *("1.0.1-a", "1.0.1", "1.2.0", "1.10.0", "2.0.0"),
)


@pytest.mark.parametrize(("one", "other"), list(itertools.product(ASCENDING, repeat=2)))
def test_versions_are_ordered_as_semver_orders_them(one: str, other: str) -> None:
    """A prerelease comes before its release, numbers go by their size and before texts, fewer fields before more."""
    place = (ASCENDING.index(one) > ASCENDING.index(other)) - (ASCENDING.index(one) < ASCENDING.index(other))
    assert (order(one) > order(other)) - (order(one) < order(other)) == place
    assert semver.Version.parse(one).compare(other) == place


def test_build_metadata_is_of_no_account() -> None:
    """Two builds of a version are the same version."""
    assert order("1.2.3+a") == order("1.2.3+b") == order("1.2.3")
