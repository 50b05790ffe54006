"""The worlds that drivers are tried in."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from cli.services.postgres import Postgres
from tests.standin.registry import Registry
from tests.world import World, npm_settings, world


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
async def standin(
    postgres_server: Postgres, registry: Registry, host_folder: Path, database_url: str
) -> AsyncIterator[World]:
    """A stand-in 1.1.0 that runs and is registered."""
    async with world(postgres_server, registry, host_folder, database_url) as made:
        await made.owner_starts()
        await made.write("first")
        await made.register()
        yield made
