"""The name of a container image, and the version in its tag or its label."""

import pytest

from astrolabe.domain.kinds.image_name import same_repository, split, version_of_label, version_of_tag, without_tag


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
        ("{version}", "v1.0.0", None, None),
        ("{version}", "", None, None),
    ],
)
def test_a_version_is_found_as_the_product_writes_its_tags(
    pattern: str, word: str, by_tag: str | None, by_label: str | None
) -> None:
    """A label says it with or without what tags have around it; a tag that moves says none."""
    assert version_of_tag(pattern, word) == by_tag
    assert version_of_label(pattern, word) == by_label
