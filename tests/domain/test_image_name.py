"""The name of a container image, and the version in its tag or its label."""

import pytest

from astrolabe.domain.kinds.image_name import same_repository, split, version_of_label, without_tag
from astrolabe.domain.kinds.image_parts import tagged
from astrolabe.domain.products.product import Image
from astrolabe.domain.products.version_form import read_version
from astrolabe.domain.products.version_order import order


@pytest.mark.parametrize(
    ("name", "repository", "tag"),
    [
        ("acme/shop", "acme/shop", ""),
        ("acme/shop:1.0.0", "acme/shop", "1.0.0"),
        ("localhost:5000/acme/shop", "localhost:5000/acme/shop", ""),
        ("localhost:5000/acme/shop:edge@sha256:0", "localhost:5000/acme/shop", "edge"),
    ],
)
def test_a_port_is_no_tag(name: str, repository: str, tag: str) -> None:
    """A colon before the last slash belongs to the registry; a digest is left out."""
    assert without_tag(name) == (repository, tag)


def test_a_repository_without_a_registry_is_on_docker_hub() -> None:
    """And one without an owner is one of Docker's own."""
    assert split("acme/shop") == ("docker.io", "acme/shop")
    assert split("postgres") == ("docker.io", "library/postgres")
    assert split("ghcr.io/acme/shop") == ("ghcr.io", "acme/shop")
    assert same_repository("docker.io/acme/shop:1", "acme/shop")
    assert not same_repository("ghcr.io/acme/shop:1", "acme/shop")


@pytest.mark.parametrize(
    ("pattern", "word", "by_tag", "by_label"),
    [
        ("{version}", "1.0.0", "1.0.0", "1.0.0"),
        ("v{version}", "v1.0.0", "1.0.0", "1.0.0"),
        ("v{version}", "1.0.0", None, "1.0.0"),
        ("{version}-alpine", "1.0.0-alpine", "1.0.0", "1.0.0"),
        ("v{version}", "release", None, None),
        ("{version}", "v1.0.0", None, "1.0.0"),
        ("{version}", "version 1.0.0", None, None),
        ("{major}.{minor}", "2.8", "2.8.0", "2.8.0"),
        ("{major}.{minor}", "2.8.1", None, "2.8.1"),
        ("v{major}", "v15", "15.0.0", "15.0.0"),
        ("v{major}", "15", None, None),
        ("{major}-{minor:02}-{patch:02}", "2024-01-05", "2024.1.5", "2024.1.5"),
        ("{major}-{minor:02}-{patch:02}", "2024-1-5", None, None),
        ("RELEASE.{major}.{minor:02}", "RELEASE.2024.10", "2024.10.0", "2024.10.0"),
        ("{version}", "", None, None),
    ],
)
def test_a_version_is_found_as_the_product_writes_its_tags(
    pattern: str, word: str, by_tag: str | None, by_label: str | None
) -> None:
    """A label says it with or without what tags have around it; a tag that moves says none."""
    assert read_version(pattern, word) == by_tag
    assert version_of_label(pattern, word) == by_label
    if by_tag:
        assert tagged(Image("acme/shop", pattern), by_tag) == f"acme/shop:{word}"


def test_versions_of_fewer_parts_and_dates_have_an_order() -> None:
    """What a product writes in two parts, or as a date, is compared by its numbers, not by its letters."""
    dates = ["2023-12-31", "2024-01-05", "2024-01-12", "2024-11-01"]
    read = [read_version("{major}-{minor:02}-{patch:02}", each) or "" for each in dates]
    assert sorted(read, key=order) == read
    short = [read_version("{major}.{minor}", each) or "" for each in ("2.9", "2.10")]
    assert order(short[0]) < order(short[1])
