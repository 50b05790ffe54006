"""A compose project in its folder: what need not be typed to register it, and what cannot be guessed."""

from typing import Any

import pytest
from msgspec.structs import replace

from astrolabe.domain.kinds.compose_found import FoundDatabase, FoundProject, NotClear, found_in
from astrolabe.domain.products.product import Image, Product, ProductFiles

SHOP = Product("shop", "Shop", image=Image("ghcr.io/acme/shop", port=8080), kinds=("compose",))
OTHER = Product("other", "Other", image=Image("ghcr.io/acme/other", port=8080), kinds=("compose",))
PUBLISHED = {"ports": [{"target": 9090, "published": "9090"}, {"target": 8080, "published": "18080"}]}


def shop(**said: Any) -> dict[str, Any]:
    """Write a service of the product's."""
    return {"image": "ghcr.io/acme/shop:1.0.0", **said}


def config(**services: dict[str, Any]) -> dict[str, Any]:
    """Write a project as Compose shows it, with a database."""
    return {"name": "mine", "services": {"db": {"image": "postgres:18"}, **services}}


def found(config: dict[str, Any], **typed: str) -> FoundProject:
    """Find out what a project is, among two products."""
    return found_in(config, (SHOP, OTHER), **typed)


def test_a_project_says_all_that_need_not_be_typed() -> None:
    """Its name, its product by the image, its port, and its database by the connection string of the gateway."""
    url = "postgres://shop:p%40ss$$word@db:5433/shop?sslmode=disable"
    web = shop(environment={"DATABASE_URL": url, "LOG": "info", "EMPTY": None}, **PUBLISHED)
    database = FoundDatabase("postgres://shop@db:5433/shop?sslmode=disable", "p@ss$word", "db")
    assert found(config(web=web)) == FoundProject("mine", "shop", "web", 18080, database)


def test_a_database_elsewhere_is_none_of_the_projects_services() -> None:
    """It is reached where the gateway reaches it; where two strings differ, nobody knows which one it is."""
    elsewhere = "postgresql://shop@db.example:5432/shop"
    assert found(config(web=shop(environment={"A": elsewhere}))).database == FoundDatabase(elsewhere, "", None)
    assert found(config(web=shop(environment={"A": elsewhere, "B": f"{elsewhere}2"}))).database is None
    assert found(config(web=shop(environment={"A": "https://example.org"}))).database is None


@pytest.mark.parametrize(
    "services",
    [
        {"web": shop(**PUBLISHED), "worker": shop()},
        {"web": shop(expose=["8080"]), "worker": shop()},
        {"web": shop(depends_on={"job": {"condition": "service_completed_successfully"}}), "job": shop()},
    ],
    ids=["publishes", "exposes", "no job"],
)
def test_of_several_services_one_serves(services: dict[str, Any]) -> None:
    """It is no job, and publishes the product's port, or exposes it."""
    assert found(config(**services)).service == "web"


def test_what_is_not_clear_is_asked_for() -> None:
    """Neither a service nor a product is guessed; typed, it is taken."""
    two = config(web=shop(), worker=shop())
    with pytest.raises(NotClear, match="--service: web, worker"):
        found(two)
    assert found(two, service="worker").service == "worker"
    both = config(web=shop(), other={"image": "ghcr.io/acme/other:1"})
    with pytest.raises(NotClear, match="--product: shop, other"):
        found(both)
    assert found(both, product="other").service == "other"
    with pytest.raises(NotClear, match="no image of a product that is known"):
        found(config())


def test_folders_that_members_write_to_are_asked_about() -> None:
    """Neither what is read only, nor the database's, nor what the product or whoever types has said something about."""
    volumes = [
        {"type": "volume", "source": "uploads", "target": "/srv/uploads"},
        {"type": "bind", "source": "/etc/localtime", "target": "/etc/localtime", "read_only": True},
        {"type": "tmpfs", "target": "/tmp"},  # noqa: S108  none of this host's
        {"type": "volume", "source": "code", "target": "/srv/code"},
        {"type": "bind", "source": "/home/shop/media", "target": "/srv/media"},
    ]
    worker = shop(volumes=[{"type": "volume", "target": "/srv/queue"}])
    database = {"image": "postgres:18", "volumes": [{"type": "volume", "source": "data", "target": "/data"}]}
    project = config(web=shop(volumes=volumes, **PUBLISHED), worker=worker, db=database)
    said = replace(SHOP, files=ProductFiles(keep=("/srv/code",)))
    asked = found_in(project, (said, OTHER))
    assert asked.folders == ("/srv/uploads", "/srv/media", "/srv/queue")
    assert asked.unsaid(("/srv/media", "/srv/uploads/")) == ("/srv/queue",)
    assert asked.unsaid(("/srv",)) == ()


@pytest.mark.parametrize("said", [{"deploy": {"replicas": 2}}, {"scale": 2}])
def test_two_containers_of_what_serves_are_not_registered(said: dict[str, Any]) -> None:
    """One sentence says so, and what to write; several workers are moved as they are."""
    with pytest.raises(NotClear, match=r"web of the project mine runs in 2 containers.* write replicas: 1"):
        found(config(web=shop(**PUBLISHED, **said), worker=shop()))
    assert found(config(web=shop(**PUBLISHED), worker=shop(**said))).service == "web"
