from collections.abc import AsyncIterator

import pytest_asyncio

from astrolabe.cli.servers.postgres import Postgres
from tests.api.house import House
from tests.databases import empty_log


@pytest_asyncio.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    """An application with a log of its own, and a token for each scope."""
    async with House.opened(database_url) as house:
        yield house


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_house(postgres_server: Postgres, template_database: str) -> AsyncIterator[House]:
    """An application with one instance, shared by a module's requests that record nothing, as each of them checks."""
    async with empty_log(postgres_server, template_database) as url, House.opened(url) as house:
        await house.register()
        yield house
