"""Placeholders: what a product's words are filled in with for an instance."""

from pathlib import Path

from astrolabe.domain.instances.instance import DatabaseConfig, InstanceConfig
from astrolabe.domain.products.placeholders import PLACEHOLDERS
from astrolabe.domain.products.product import Npm, Product, StartCommand
from astrolabe.workers.instance.host import Host
from astrolabe.workers.instance.secret import Secrets
from astrolabe.workers.instance.site import Site

WORDS = tuple(f"{{{name}}}" for name in PLACEHOLDERS)
SHOP = Product("shop", "Shop", Npm("shop", "shop"), start=StartCommand(WORDS, {"DB_NAME": "{database_name}"}))


def site(folder: Path, database: DatabaseConfig | None) -> Site:
    """Return the place of an instance."""
    config = InstanceConfig("shop", "shop", 8080, database=database)
    return Site(Host("local", folder, {"shop": SHOP}, Secrets([folder / "secrets"])), "shop", config)


def test_a_database_is_given_whole_and_by_its_parts(tmp_path: Path) -> None:
    """A product takes a connection string, or host, port, name, user and password."""
    own = tmp_path / "secrets" / "shop" / "password"
    own.parent.mkdir(parents=True)
    own.write_text("a-word", "utf-8")
    at = site(tmp_path, DatabaseConfig("goods", "keeper", "127.0.0.1", 5433, f"file:{own}"))
    filled = dict(zip(PLACEHOLDERS, at.arguments(SHOP.start.args), strict=True))
    assert filled.pop("database_url").startswith("postgresql://keeper:a-word@127.0.0.1:5433/goods")
    assert filled == {
        "address": "127.0.0.1",
        "port": "8080",
        "database_host": "127.0.0.1",
        "database_port": "5433",
        "database_name": "goods",
        "database_user": "keeper",
        "database_password": "a-word",
    }
    assert at.environment()["DB_NAME"] == "goods"


def test_without_a_database_its_placeholders_are_empty(tmp_path: Path) -> None:
    """An instance that has none is started all the same."""
    filled = dict(zip(PLACEHOLDERS, site(tmp_path, None).arguments(SHOP.start.args), strict=True))
    assert {name for name, value in filled.items() if not value} == {
        name for name in PLACEHOLDERS if name.startswith("database_")
    }
