"""Whole Astrolabes of real processes."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from astrolabe.cli.servers.account import service_account
from astrolabe.cli.servers.postgres import Postgres
from astrolabe.cli.servers.valkey import Valkey
from tests.e2e.processes import Astrolabe
from tests.e2e.proving import Proving
from tests.servers import data_folder
from tests.standin.registry import Registry
from tests.world import World, npm_settings, product_text, world


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run choose the real products that it upgrades."""
    parser.addoption("--product", default="", help="upgrade this product alone")
    parser.addoption("--every-product", action="store_true", help="upgrade every product, not only those that CI does")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the products that were not chosen; raises UsageError where the one that was is unknown."""
    known = {item: mark for item in items if (mark := item.get_closest_marker("product"))}
    only = config.getoption("--product", default="")
    if only and only not in {mark.args[0] for mark in known.values()}:
        names = ", ".join(sorted({mark.args[0] for mark in known.values()}))
        raise pytest.UsageError(f"no product is named {only}; there are {names}")
    everything = config.getoption("--every-product", default=False)
    chosen = {
        item for item, mark in known.items() if (mark.args[0] == only if only else everything or mark.kwargs["in_ci"])
    }
    left = [item for item in known if item not in chosen]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]


@pytest.fixture(scope="session")
def proving() -> Proving:
    """What the session sees of real products."""
    return Proving()


@pytest.fixture(scope="session")
def host_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one host, so that every tree is installed once a session."""
    return tmp_path_factory.mktemp("host")


@pytest.fixture
def registry(standin_registry: Registry, host_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """The registry of the stand-in, as it was before each test."""
    npm_settings(host_folder, monkeypatch)
    yield standin_registry
    standin_registry.reset()


@pytest_asyncio.fixture
async def valkey() -> AsyncIterator[Valkey]:
    """A Valkey of the test's own, which it may stop and flush; in the session's folder it would end the session's."""
    with data_folder() as folder:
        server = Valkey(folder, service_account(), fast=True)
        await server.start()
        yield server
        await server.stop()


@pytest_asyncio.fixture
async def standin(
    postgres_server: Postgres, registry: Registry, host_folder: Path, database_url: str
) -> AsyncIterator[World]:
    """A stand-in 1.1.0 that runs."""
    settings = {"STANDIN_SLOW_MS": "1800", "STANDIN_DOCTOR_MS": "1000"}
    async with world(postgres_server, registry, host_folder, database_url, **settings) as made:
        await made.owner_starts()
        await made.write("first")
        yield made


@pytest_asyncio.fixture
async def astrolabe(
    standin: World, valkey: Valkey, database_url: str, host_folder: Path, tmp_path: Path
) -> AsyncIterator[Astrolabe]:
    """API and relay as processes, and no worker yet."""
    products = tmp_path / "products"
    products.mkdir()
    (products / "standin.toml").write_text(product_text(standin.registry))
    async with Astrolabe.started(database_url, valkey.url, host_folder, products, tmp_path) as made:
        yield made
