"""Databases for tests: one with the log's schema is made once a session, and each test gets a copy of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
import pytest_asyncio

from astrolabe.cli.servers.postgres import Postgres
from astrolabe.store.migrate import migrate


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def template_database(postgres_server: Postgres) -> str:
    """A database that holds an empty log; nobody may stay connected to it."""
    name = f"template_{uuid4().hex}"
    await migrate(await postgres_server.create_database(name))
    return name


@pytest_asyncio.fixture
async def database_url(postgres_server: Postgres, template_database: str) -> AsyncIterator[str]:
    """An empty log of this test alone."""
    async with empty_log(postgres_server, template_database) as url:
        yield url


@asynccontextmanager
async def empty_log(server: Postgres, template: str) -> AsyncIterator[str]:
    """Make an empty log, and drop it in the end; return its URL."""
    name = f"test_{uuid4().hex}"
    # To log each page of a copy costs more than the checkpoints without, where nothing has to reach the disk.
    await run(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    yield server.url(name)
    await run(server, f"DROP DATABASE {name} WITH (FORCE)")


async def run(server: Postgres, *statements: str) -> None:
    """Run statements as superuser in the maintenance database, each by itself."""
    connection = await asyncpg.connect(server.url("postgres"))
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
