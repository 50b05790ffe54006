"""A container, as its engine describes it."""

import msgspec
import pytest

from astrolabe.domain.kinds.docker import Place
from astrolabe.workers.kinds.compose.container import Container

ID = "db" + "0123456789" * 6 + "ab"


def on(network: str, *aliases: str) -> Container:
    """Make a container that is on one network under some names."""
    described = {
        "Id": ID,
        "Name": "/shop-db-1",
        "Image": "sha256:1",
        "State": {"Running": True, "StartedAt": "2026-01-01T00:00:00Z"},
        "Config": {"Image": "postgres:18"},
        "HostConfig": {},
        "NetworkSettings": {"Networks": {network: {"Aliases": aliases}}},
    }
    return msgspec.convert(described, Container)


def test_a_name_that_its_id_begins_with_is_still_its_name() -> None:
    """The engine adds twelve digits of the id by itself; `db` may be how it begins, and is what others call it."""
    assert on("shop_default", "shop-db-1", "db", ID[:12]).places == (Place("shop_default", ("shop-db-1", "db")),)


@pytest.mark.parametrize(
    ("network", "aliases", "there"),
    [
        ("shop_default", ("db", "shop-db-1", ID[:12]), True),
        ("shop_default", (ID[:12],), False),
        ("another", ("db", "shop-db-1"), False),
    ],
)
def test_it_is_at_a_place_under_all_its_names(network: str, aliases: tuple[str, ...], *, there: bool) -> None:
    """On a network without its names nobody finds it."""
    assert on(network, *aliases).is_at(Place("shop_default", ("db", "shop-db-1"))) is there
