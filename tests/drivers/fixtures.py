"""The worlds that drivers and workers are tried in; a conftest.py imports what it needs."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from astrolabe.cli.servers.postgres import Postgres
from astrolabe.workers.steps import pull, rollback
from tests.command_line_world import command_line_world
from tests.compose_world import ImageHouse, compose_world, engine, image_house
from tests.standin.registry import Registry
from tests.world import World, npm_settings, view_once, world

KINDS = {"npx": (), "cli": (), "compose": (pytest.mark.engine,)}
"""Every kind of deployment, and the marks of its tests; the suite is run with each."""

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
    view_once(standin_registry, monkeypatch)
    yield standin_registry
    standin_registry.reset()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test with every kind, unless it is marked with those that have what it looks at."""
    if "kind" in metafunc.fixturenames:
        only = metafunc.definition.get_closest_marker("kinds")
        kinds = only.args if only else tuple(KINDS)
        metafunc.parametrize("kind", [pytest.param(kind, marks=KINDS[kind]) for kind in kinds])


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
    make = command_line_world if kind == "cli" else world
    return make(server, npm_registry, host_folder, database_url)


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
