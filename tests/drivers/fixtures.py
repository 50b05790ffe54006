"""The worlds that drivers and workers are tried in; a conftest.py imports what it needs."""

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from cli.services.postgres import Postgres
from tests.standin.registry import Registry
from tests.world import World, npm_settings, world
from workers.steps import pull, rollback

WORLDS: dict[str, Callable[..., contextlib.AbstractAsyncContextManager[World]]] = {"npx": world}
"""A world for each kind of deployment; every test of the suite is run in each."""


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


@pytest.fixture(params=list(WORLDS))
def kind(request: pytest.FixtureRequest) -> str:
    """A kind of deployment."""
    return request.param


@pytest_asyncio.fixture
async def standin(
    kind: str,
    postgres_server: Postgres,
    registry: Registry,
    host_folder: Path,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[World]:
    """A stand-in 1.1.0 that runs and is registered, on a host that is not patient between its attempts."""
    monkeypatch.setattr(pull, "PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(rollback, "PAUSE_SECONDS", 0.1)
    async with WORLDS[kind](postgres_server, registry, host_folder, database_url) as made:
        await made.owner_starts()
        await made.write("first")
        await made.register()
        yield made
