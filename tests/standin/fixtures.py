"""Fixtures that a conftest.py may import: `from tests.standin.fixtures import standin_modules, standin_registry`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.standin import command_line
from tests.standin.npm import pg_modules
from tests.standin.registry import Registry
from tests.standin.releases import packages


@pytest.fixture(scope="session")
def standin_modules(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The node_modules folder to bundle, kept in pytest's cache from one session to the next."""
    cache = request.config.cache
    return pg_modules(cache.mkdir("standin-pg") if cache else tmp_path_factory.mktemp("standin-pg"))


@pytest.fixture(scope="session")
def standin_registry(standin_modules: Path) -> Iterator[Registry]:
    """A registry that holds every release of the stand-in; who changes its ways calls `reset` afterwards."""
    with Registry() as registry:
        for package in (*packages(standin_modules), *command_line.packages()):
            registry.publish(package)
        yield registry
