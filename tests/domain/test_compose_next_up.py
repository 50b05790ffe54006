"""What the owner's own files make of an upgraded service at the next `docker compose up`, and what to write."""

import pytest

from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.domain.kinds.compose import Override, override
from astrolabe.domain.kinds.compose_differences import as_made
from astrolabe.domain.kinds.compose_next_up import at_next_up, line_for
from astrolabe.domain.products.product import Image

PART = Image("ghcr.io/acme/shop", "v{version}")


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ("ghcr.io/acme/shop:release", "image: ghcr.io/acme/shop:v2.0.0"),
        ("ghcr.io/acme/shop", "image: ghcr.io/acme/shop:v2.0.0"),
        ("localhost:5000/acme/shop", "image: localhost:5000/acme/shop:v2.0.0"),
        ("${REGISTRY}/acme/shop:${SHOP_VERSION:-release}", "SHOP_VERSION=v2.0.0"),
        ("${IMAGE:-${REGISTRY}/acme/shop}:${SHOP_VERSION?which}", "SHOP_VERSION=v2.0.0"),
        ("ghcr.io/acme/shop:$SHOP_VERSION", "SHOP_VERSION=v2.0.0"),
        ("${SHOP_IMAGE}", "SHOP_IMAGE=ghcr.io/acme/shop:v2.0.0"),
        ("$SHOP_IMAGE", "SHOP_IMAGE=ghcr.io/acme/shop:v2.0.0"),
    ],
)
def test_the_line_is_written_where_the_tag_comes_from(written: str, line: str) -> None:
    """In the variable where there is one, in the file where the name stands there."""
    assert line_for(written, PART, "2.0.0") == line


@pytest.mark.parametrize(
    ("filled", "said"),
    [
        ("ghcr.io/acme/shop:release", "of ghcr.io/acme/shop:release, whatever that is by then: write SHOP=v2.0.0"),
        ("ghcr.io/acme/shop:v1.0.0", "of ghcr.io/acme/shop:v1.0.0, which is 1.0.0: write SHOP=v2.0.0"),
    ],
)
def test_a_tag_that_leads_elsewhere_is_told(filled: str, said: str) -> None:
    """A floating tag leads to whatever it is then, and one of another version goes back to that."""
    told = at_next_up("web", "ghcr.io/acme/shop:${SHOP}", filled, PART, "2.0.0")
    assert told == f"`docker compose up` makes web {said}"


def test_a_tag_that_leads_to_the_same_version_is_not_told() -> None:
    """Nothing is to be written by who has written it before."""
    assert at_next_up("web", "x:${SHOP}", "ghcr.io/acme/shop:v2.0.0", PART, "2.0.0") is None
    assert at_next_up("web", "x:${SHOP}", "ghcr.io/acme/shop:v2.0.0@sha256:0", PART, "2.0.0") is None


def test_a_variable_that_names_an_image_is_as_it_was_when_a_container_was_made() -> None:
    """Whatever it is by now, and whether or not it was there; every other variable is as the files say now."""
    written = ["${REGISTRY:-ghcr.io}/acme/shop:${SHOP_VERSION:-release}", "postgres:18", "$OTHER"]
    now = {"SHOP_VERSION": "2.0.0", "REGISTRY": "b", "LOG": "debug", "EMPTY": None}
    had = {"SHOP_VERSION": "1.0.0", "OTHER": "a$b", "LOG": "info", "PATH": "/bin"}
    assert as_made(now, had, written) == {"SHOP_VERSION": "1.0.0", "OTHER": "a$$b", "LOG": "debug", "EMPTY": None}


def test_an_environment_is_replaced_as_a_whole() -> None:
    """What a file that is listed under env_file says would come back otherwise."""
    project = ComposeProject("/srv/shop", "shop", "web")
    text = override(project, "shop:1", Override(environment={"A": "1"})).decode()
    assert '"env_file":!override []' in text
    assert '"environment":!override {"A":"1"}' in text
    assert '"environment":!override {}' in override(project, "shop:1", Override(environment={})).decode()
