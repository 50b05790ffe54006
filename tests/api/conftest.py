from collections.abc import AsyncIterator

import pytest_asyncio

from tests.api.house import House
from tests.databases import database_url, template_database

__all__ = ["database_url", "house", "template_database"]


@pytest_asyncio.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    """An application with a log of its own, and a token for each scope."""
    async with House.opened(database_url) as house:
        yield house
