"""Real servers for tests, one of each a session, in a folder that an unprivileged server user can reach."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from cli.services.account import service_account
from cli.services.folder import Folder
from cli.services.postgres import Postgres
from cli.services.valkey import Valkey


@pytest.fixture(scope="session")
def servers_folder() -> Iterator[Folder]:
    """A data folder for the servers of a test session; gone afterwards."""
    # Not under tmp_path: as root its folders are closed to the server's user.
    path = Path(tempfile.mkdtemp(prefix="astrolabe-test-"))
    folder = Folder.claim(path)
    yield folder
    folder.release()
    shutil.rmtree(path)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres_server(servers_folder: Folder) -> AsyncIterator[Postgres]:
    """A PostgreSQL server without fsync; `await postgres_server.create_database(name)` gives a URL."""
    server = Postgres(servers_folder, service_account(), fast=True)
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def valkey_server(servers_folder: Folder) -> AsyncIterator[Valkey]:
    """A Valkey server; `valkey_server.url` is where."""
    server = Valkey(servers_folder, service_account(), fast=True)
    await server.start()
    yield server
    await server.stop()
