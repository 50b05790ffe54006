"""Fixtures of the store's tests: a log of each test's own on a real server."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from astrolabe.store.database import Connection, Database
from astrolabe.store.log.log import Log
from astrolabe.store.log.sequencer import Sequencer


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open database."""
    async with Database(database_url, pool_size=10) as database:
        yield database


@pytest.fixture
def log(database: Database) -> Log:
    """The log in it."""
    return Log(database)


@pytest.fixture
def sequencer(database: Database) -> Sequencer:
    """The sequencer of it."""
    return Sequencer(database)


@pytest_asyncio.fixture
async def superuser(database_url: str) -> AsyncIterator[Connection]:
    """A connection under the superuser who owns the tables."""
    connection = await asyncpg.connect(database_url, server_settings={"search_path": "astrolabe"})
    yield connection
    connection.terminate()
