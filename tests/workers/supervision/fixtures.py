"""Real supervisors, each for one test; a conftest.py imports what it needs."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.lacking import lacks
from tests.standin.npm import modules
from tests.workers.supervision import machine as machines
from tests.workers.supervision.machine import Machine
from tests.workers.supervision.pm2_world import Pm2

PM2 = "7.0.4"


@pytest_asyncio.fixture
async def machine(tmp_path: Path) -> AsyncIterator[Machine]:
    """A machine with a systemd of its own, that has booted."""
    if why := machines.lacking():
        lacks(why)
    async with machines.machine(tmp_path) as booted:
        yield booted


@pytest.fixture(scope="session")
def pm2_modules(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The node_modules folder that holds pm2, kept in pytest's cache from one session to the next."""
    cache = request.config.cache
    folder = cache.mkdir(f"pm2-{PM2}") if cache else tmp_path_factory.mktemp("pm2")
    return modules(folder, f"pm2@{PM2}", "pm2")


@pytest_asyncio.fixture
async def pm2(pm2_modules: Path, tmp_path: Path) -> AsyncIterator[Pm2]:
    """A pm2 whose owner has started nothing yet."""
    made = Pm2(pm2_modules, tmp_path)
    yield made
    await made("kill")
