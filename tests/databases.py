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


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def maintenance(postgres_server: Postgres) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the superuser's that makes and drops the databases of all tests: to open one takes its time."""
    connection = await asyncpg.connect(postgres_server.url("postgres"))
    yield connection
    await connection.close()


@pytest_asyncio.fixture(loop_scope="session")
async def database_url(
    postgres_server: Postgres, template_database: str, maintenance: asyncpg.Connection
) -> AsyncIterator[str]:
    """An empty log of this test alone."""
    name = f"test_{uuid4().hex}"
    await maintenance.execute(_copy(name, template_database))
    yield postgres_server.url(name)
    await maintenance.execute(_drop(name))


@asynccontextmanager
async def empty_log(server: Postgres, template: str) -> AsyncIterator[str]:
    """Make an empty log, and drop it in the end; return its URL."""
    name = f"test_{uuid4().hex}"
    await run(server, _copy(name, template))
    yield server.url(name)
    await run(server, _drop(name))


def _copy(name: str, template: str) -> str:
    # To log each page of a copy costs more than the checkpoints without, where nothing has to reach the disk.
    return f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"


def _drop(name: str) -> str:
    return f"DROP DATABASE {name} WITH (FORCE)"


async def run(server: Postgres, *statements: str) -> None:
    """Run statements as superuser in the maintenance database, each by itself."""
    connection = await asyncpg.connect(server.url("postgres"))
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
