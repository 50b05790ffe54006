"""Real servers for tests, one of each a session, in a folder that an unprivileged server user can reach."""

import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from astrolabe.cli.servers.account import service_account
from astrolabe.cli.servers.folder import DataFolder
from astrolabe.cli.servers.postgres import Postgres
from astrolabe.cli.servers.valkey import Valkey


@contextlib.contextmanager
def data_folder() -> Iterator[DataFolder]:
    """Make a data folder for servers; it is gone afterwards."""
    # Not under tmp_path: as root its folders are closed to the server's user.
    path = Path(tempfile.mkdtemp(prefix="astrolabe-test-"))
    folder = DataFolder.claim(path)
    yield folder
    folder.release()
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def servers_folder() -> Iterator[DataFolder]:
    """A data folder for the servers of a test session; gone afterwards."""
    with data_folder() as folder:
        yield folder


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres_server(servers_folder: DataFolder) -> AsyncIterator[Postgres]:
    """A PostgreSQL server without fsync; `await postgres_server.create_database(name)` gives a URL."""
    server = Postgres(servers_folder, service_account(), fast=True)
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def valkey_server(servers_folder: DataFolder) -> AsyncIterator[Valkey]:
    """A Valkey server; `valkey_server.url` is where."""
    server = Valkey(servers_folder, service_account(), fast=True)
    await server.start()
    yield server
    await server.stop()
