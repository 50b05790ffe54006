"""The worlds that drivers and workers are tried in; a conftest.py imports what it needs."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from cli.services.postgres import Postgres
from tests.compose_world import ImageHouse, compose_world, engine, image_house
from tests.standin.registry import Registry
from tests.world import World, npm_settings, world
from workers.steps import pull, rollback

KINDS = (pytest.param("npx"), pytest.param("compose", marks=pytest.mark.engine))
"""Every kind of deployment; the suite is run with each."""

__all__ = ["a_world", "engine", "host_folder", "image_house", "pytest_generate_tests", "registry", "standin"]


@pytest.fixture(scope="session")
def host_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one host, so that every tree is installed once a session."""
    folder = tmp_path_factory.getbasetemp() / "host"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def registry(standin_registry: Registry, host_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """The registry of the stand-in, as it was before each test."""
    npm_settings(host_folder, monkeypatch)
    yield standin_registry
    standin_registry.reset()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test with every kind; one that is marked `npx` looks at what only that kind has, or at no kind at all."""
    if "kind" in metafunc.fixturenames:
        alone = metafunc.definition.get_closest_marker("npx")
        metafunc.parametrize("kind", KINDS[:1] if alone else KINDS)


@pytest.fixture
def a_world(
    kind: str, request: pytest.FixtureRequest, host_folder: Path, database_url: str
) -> contextlib.AbstractAsyncContextManager[World]:
    """A world of one kind, with the servers that this kind needs and no others."""
    if kind == "compose":
        house: ImageHouse = request.getfixturevalue("image_house")
        return compose_world(house, host_folder, database_url)
    server: Postgres = request.getfixturevalue("postgres_server")
    npm_registry: Registry = request.getfixturevalue("registry")
    return world(server, npm_registry, host_folder, database_url)


@pytest_asyncio.fixture
async def standin(
    a_world: contextlib.AbstractAsyncContextManager[World], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    """A stand-in 1.1.0 that runs and is registered, on a host that is not patient between its attempts."""
    monkeypatch.setattr(pull, "PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(rollback, "PAUSE_SECONDS", 0.1)
    async with a_world as made:
        await made.owner_starts()
        await made.write("first")
        await made.register()
        yield made
