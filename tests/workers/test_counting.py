"""Counting writes: what PostgreSQL's counters can tell, and when they cannot."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from urllib.parse import urlsplit

import asyncpg
import pytest
import pytest_asyncio

from astrolabe.cli.servers.account import service_account
from astrolabe.cli.servers.folder import DataFolder
from astrolabe.cli.servers.postgres import Postgres
from astrolabe.domain.instances.instance import DatabaseConfig
from astrolabe.domain.plans.rollback_point import Writes
from astrolabe.workers.instance.database import InstanceDatabase
from tests.servers import data_folder


@pytest.fixture(scope="module")
def folder() -> Iterator[DataFolder]:
    """A data folder of these tests alone, whose server may crash."""
    with data_folder() as folder:
        yield folder


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def crashing(folder: DataFolder) -> AsyncIterator[Postgres]:
    """A server of these tests alone."""
    server = Postgres(folder, service_account(), fast=True)
    await server.start()
    yield server
    await server.stop()


pytestmark = pytest.mark.asyncio(loop_scope="module")


class Counted:
    """A database with a table, and a count of it that others may write after."""

    def __init__(self, server: Postgres) -> None:
        self._server = server
        self.name = "counted"

    async def make(self) -> "Counted":
        """Make it anew, with some rows."""
        await self._server.sql("DROP DATABASE IF EXISTS counted WITH (FORCE)")
        await self._server.sql("DROP DATABASE IF EXISTS other WITH (FORCE)")
        await self._server.sql("CREATE DATABASE counted")
        await self.does("CREATE TABLE items (id int)", "INSERT INTO items SELECT generate_series(1, 10)")
        return self

    async def does(self, *statements: str) -> None:
        """Run statements in a session that ends, whose counts are in the server's then."""
        connection = await asyncpg.connect(self._server.url(self.name))
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    async def count(self) -> Writes:
        """Count as a worker does."""
        return await self.database.counters()

    @property
    def database(self) -> InstanceDatabase:
        """The database as a worker has it."""
        parts = urlsplit(self._server.url(self.name))
        where = DatabaseConfig(self.name, parts.username or "", "127.0.0.1", parts.port or 0)
        return InstanceDatabase(where, parts.password)

    @property
    def url(self) -> str:
        """Where somebody else connects to it."""
        return self._server.url(self.name)


@pytest_asyncio.fixture(loop_scope="module")
async def counted(crashing: Postgres) -> Counted:
    """A database with a table."""
    return await Counted(crashing).make()


async def test_what_was_written_since_is_counted(counted: Counted) -> None:
    """Inserts, updates and deletes, and large objects, each by table."""
    before = await counted.count()
    await counted.does(
        "INSERT INTO items VALUES (11)",
        "UPDATE items SET id = -id WHERE id < 3",
        "DELETE FROM items WHERE id = 5",
        "SELECT lo_from_bytea(0, 'x')",
    )
    since = (await counted.count()).since(before, None)
    assert (since.total, since.tables) == (5, {"public.items": 4, "pg_catalog.pg_largeobject": 1})


async def test_the_last_count_has_what_open_sessions_have_not_reported(counted: Counted) -> None:
    """A session reports at most once a second; whoever still writes is ended first, and lets nobody in afterwards."""
    before = await counted.count()
    writer = await asyncpg.connect(counted.url)
    for number in range(20):
        await writer.execute("INSERT INTO items VALUES ($1)", number)
    assert (await counted.database.last_counters()).since(before, None).total == 20
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await writer.execute("INSERT INTO items VALUES (21)")
    with pytest.raises(asyncpg.PostgresError):
        await asyncpg.connect(counted.url)


async def test_a_clean_restart_and_a_rename_keep_the_count(counted: Counted, crashing: Postgres) -> None:
    """A server that stopped in order kept its counters, and a database keeps them under another name."""
    before = await counted.count()
    await counted.does("INSERT INTO items VALUES (11)")
    await crashing.stop()
    await crashing.start()
    await crashing.sql("ALTER DATABASE counted RENAME TO other")
    counted.name = "other"
    assert (await counted.count()).since(before, None).total == 1


async def crash(_counted: Counted, server: Postgres) -> None:
    """Lose the server, as a power cut does."""
    server.kill()
    await server.wait()
    await server.start()


async def reset(counted: Counted, _server: Postgres) -> None:
    """Reset the counters by hand."""
    await counted.does("SELECT pg_stat_reset()")


async def restore(_counted: Counted, server: Postgres) -> None:
    """Put a copy in the database's place."""
    await server.sql("CREATE DATABASE other TEMPLATE counted")
    await server.sql("DROP DATABASE counted")
    await server.sql("ALTER DATABASE other RENAME TO counted")


async def drop(counted: Counted, _server: Postgres) -> None:
    """Drop a table, and its count with it."""
    await counted.does("DROP TABLE items")


Losing = Callable[[Counted, Postgres], Awaitable[None]]


@pytest.mark.parametrize("lose", [crash, reset, restore, drop])
async def test_a_lost_count_is_unknown_and_never_none(counted: Counted, crashing: Postgres, lose: Losing) -> None:
    """Whatever took the counters away, the rows written before and after are not called none."""
    before = await counted.count()
    await counted.does("INSERT INTO items VALUES (11)")
    await lose(counted, crashing)
    assert (await counted.count()).since(before, None).total is None


async def test_a_base_line_of_before_there_were_epochs_is_unknown(counted: Counted) -> None:
    """What an older version of Astrolabe counted cannot be compared: nobody knows what happened to the server since."""
    before = await counted.count()
    assert (await counted.count()).since(Writes(before.total, before.tables), None).total is None
