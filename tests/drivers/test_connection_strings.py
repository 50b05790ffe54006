"""The connection string is the owner's: whatever it says is told to every version, and the database is found there."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

import pytest
from msgspec.structs import replace

from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.site import Site
from tests.drivers.outcomes import succeeded, taken_back
from tests.owner import owner
from tests.world import PASSWORD, World

pytestmark = pytest.mark.kinds("npx")


@contextlib.asynccontextmanager
async def ipv6(port: int) -> AsyncGenerator[int]:
    """Reach a server of 127.0.0.1 at ::1; return the port there."""

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_reader, to_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(carry(reader, to_writer), carry(to_reader, writer))

    async with await asyncio.start_server(relay, "::1", 0) as server:
        yield server.sockets[0].getsockname()[1]


async def test_a_database_at_an_ipv6_address(standin: World) -> None:
    """Gateway, dump and copy reach it; in a connection string such an address stands in brackets."""
    where = standin.config.database
    assert where
    async with ipv6(where.port) as port:
        await standin.reconfigure(database=replace(where, host="0::1", port=port))
        await succeeded(standin)
        await taken_back(standin)
        await standin.stop()


async def test_what_the_owner_says_of_encryption_holds_for_our_own_sessions(standin: World) -> None:
    """A password is given to nobody whom the gateway would not give it to; this server has no TLS."""
    where = standin.config.database
    assert where
    strict = Site(
        standin.host,
        standin.instance_id,
        replace(standin.config, database=replace(where, parameters={"sslmode": "no-verify"})),
    )
    assert strict.database
    with pytest.raises(StepFailed, match="SSL"):
        await strict.database.size()
    assert strict.database_environment()["PGSSLMODE"] == "require"


async def test_the_whole_connection_string_is_the_owners(standin: World) -> None:
    """A schema that the owner's connection string names is the one that the new version migrates and serves from."""
    where = standin.config.database
    assert where
    connection = await standin.connects()
    await connection.execute("CREATE SCHEMA app")
    await connection.close()
    url = f"postgresql://{where.user}:{PASSWORD}@127.0.0.1:{where.port}/{where.name}?options=-csearch_path%3Dapp"
    async with owner(standin, DATABASE_URL=url):
        await standin.write("of the app")
        await standin.reconfigure(database=replace(where, parameters={"options": "-csearch_path=app"}))
        await succeeded(standin)
        assert await standin.items() == ["of the app"]
    migrated = "SELECT '2001-drop-note' IN (SELECT name FROM {}.standin_migrations)"
    assert await standin.rows(migrated.format("app")) == [(True,)]
    assert await standin.rows(migrated.format("public")) == [(False,)]
