"""Setting up the log: once, by anybody who may, and with a clear word for those who may not."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy.exc import DBAPIError

from astrolabe.cli.servers.account import service_account
from astrolabe.cli.servers.folder import DataFolder
from astrolabe.cli.servers.postgres import Postgres
from astrolabe.store.database import Database
from astrolabe.store.errors import StoreError
from astrolabe.store.ids import new_id
from astrolabe.store.log.log import Log
from astrolabe.store.log.sequencer import Sequencer
from astrolabe.store.migrate import migrate
from astrolabe.store.revisions import NewerLog, require_known_log
from astrolabe.workers.programs import shell
from tests.store.stage import BY, messages, said

DATABASES = ("log_1", "log_2", "log_3", "log_4")
PASSWORD = "of-a-plain-owner"

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory, servers_folder: DataFolder) -> AsyncIterator[Postgres]:
    """A server of this file's own, for roles belong to a whole server."""
    # Beside the shared server, where the server's user can pass.
    folder = DataFolder.claim(servers_folder.path / tmp_path_factory.mktemp("migrate").name)
    server = Postgres(folder, service_account(), fast=True)
    await server.start()
    yield server
    await server.stop()
    folder.release()


@pytest_asyncio.fixture(loop_scope="module")
async def superuser(server: Postgres) -> AsyncIterator[asyncpg.Connection]:
    """The superuser of a server that has neither our role nor an owner."""
    connection = await asyncpg.connect(server.url("postgres"))
    yield connection
    for name in DATABASES:
        await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    for role in ("astrolabe_app", "plain_owner"):
        await connection.execute(f"DROP ROLE IF EXISTS {role}")
    await connection.close()


async def owned(server: Postgres, superuser: asyncpg.Connection, rights: str, name: str = "log_1") -> str:
    """Make a database that a plain role owns; its URL under that role."""
    await superuser.execute(f"CREATE ROLE plain_owner LOGIN PASSWORD '{PASSWORD}' {rights}")
    await superuser.execute(f"CREATE DATABASE {name} OWNER plain_owner")
    port = urlsplit(server.url()).port
    return f"postgresql://plain_owner:{PASSWORD}@127.0.0.1:{port}/{name}"


async def works(url: str) -> None:
    """See that a log can be written, ordered and read there."""
    async with Database(url) as database:
        log, stream_id = Log(database), new_id()
        await log.append(stream_id, 0, [said("one")], BY)
        await Sequencer(database).drain()
        assert messages(await log.read_stream(stream_id)) == ["one"]
        assert await log.last_position() >= 0


async def test_migrating_again_changes_nothing(server, superuser):
    """Whoever starts may migrate first, every time."""
    url = await server.create_database("log_1")
    await migrate(url)
    await works(url)
    await migrate(url)
    async with Database(url) as database:
        assert await Log(database).last_position() == 0
    assert await superuser.fetchval("SELECT count(*) FROM pg_roles WHERE rolname = 'astrolabe_app'") == 1


@pytest.mark.usefixtures("superuser")
async def test_a_log_that_a_newer_astrolabe_has_set_up_is_left_alone(server):
    """One sentence names both revisions, and nothing is changed."""
    url = await server.create_database("log_1")
    await migrate(url)
    await require_known_log(url)
    connection = await asyncpg.connect(url)
    await connection.execute("UPDATE public.schema_version SET version_num = '9999'")
    for refused in (migrate, require_known_log):
        with pytest.raises(NewerLog, match=r"revision 9999, and \d{4} is the last known here"):
            await refused(url)
    assert await connection.fetchval("SELECT version_num FROM public.schema_version") == "9999"
    await connection.close()


@pytest.mark.usefixtures("superuser")
async def test_a_database_that_cannot_be_asked_holds_nobody_up(server):
    """Whether a log is too new is only said of a log that is there."""
    await require_known_log(await server.create_database("log_1"))
    await require_known_log("postgresql://nobody@127.0.0.1:1/none")


async def test_many_processes_may_migrate_at_once(server, superuser):
    """Eight at once leave one log."""
    url = await server.create_database("log_1")
    await asyncio.gather(*(migrate(url) for _ in range(8)))
    await works(url)
    assert not await superuser.fetchval("SELECT bool_or(rolsuper) FROM pg_roles WHERE rolname = 'astrolabe_app'")


async def test_many_databases_of_one_server_may_be_migrated_at_once(server, superuser):
    """The role that they share is made once, and nobody fails for another's sake."""
    urls = [await server.create_database(name) for name in DATABASES]
    program = "import asyncio, sys; from store.migrate import migrate; asyncio.run(migrate(sys.argv[1]))"
    argv = [sys.executable, "-c", program]
    home = Path(__file__).parents[2]
    await asyncio.gather(*(shell.run([*argv, url], env={}, cwd=home, deadline=60) for url in urls))
    for url in urls:
        await works(url)
    assert await superuser.fetchval("SELECT count(*) FROM pg_roles WHERE rolname = 'astrolabe_app'") == 1


async def test_an_owner_who_may_create_roles_needs_no_superuser(server, superuser):
    """CREATEROLE and a database of one's own suffice, for setting up and for working."""
    url = await owned(server, superuser, "CREATEROLE")
    await migrate(url)
    await migrate(url)
    await works(url)


@pytest.mark.parametrize("rights", ["", "CREATEROLE"])
async def test_an_owner_without_the_right_is_told_what_to_run(server, superuser, rights):
    """One sentence names what a superuser must run, and running it is enough."""
    if rights:
        await superuser.execute("CREATE ROLE astrolabe_app NOLOGIN")
    url = await owned(server, superuser, rights)
    with pytest.raises(StoreError) as caught:
        await migrate(url)
    said = str(caught.value)
    assert said.startswith("The role plain_owner lacks a right to set up the log in log_1 (")
    assert "\n" not in said
    statements = said.partition("let a superuser run: ")[2]
    assert ("CREATE ROLE astrolabe_app NOLOGIN;" in statements) == (not rights)
    assert "GRANT astrolabe_app TO plain_owner;" in statements
    await superuser.execute(statements)
    await migrate(url)
    await works(url)


async def test_a_role_that_owns_nothing_is_told_what_to_run(server, superuser):
    """Who may not make a schema in the database is told alike, and nothing is left half made."""
    url = await owned(server, superuser, "CREATEROLE")
    await superuser.execute("ALTER DATABASE log_1 OWNER TO CURRENT_USER")
    with pytest.raises(StoreError, match="let a superuser run: ") as caught:
        await migrate(url)
    assert await superuser.fetchval("SELECT to_regrole('astrolabe_app')") is None
    await superuser.execute(str(caught.value).partition("let a superuser run: ")[2])
    await migrate(url)
    await works(url)


async def test_what_is_not_about_rights_is_not_hidden(server):
    """A database that is not there is said to be not there."""
    with pytest.raises(DBAPIError, match='database "log_9" does not exist'):
        await migrate(server.url("log_9"))


@pytest.mark.parametrize("tables", ["webhook_delivery, webhook_attempt, webhook_failing", ""])
async def test_a_log_that_passed_by_the_webhooks_gets_their_tables(
    server: Postgres, superuser: asyncpg.Connection, tables: str
) -> None:
    """A log may be at the revision before with these tables or without them; afterwards it has them, and is whole."""
    await superuser.execute("CREATE DATABASE log_1")
    await migrate(server.url("log_1"))
    connection = await asyncpg.connect(server.url("log_1"), server_settings={"search_path": "astrolabe"})
    try:
        if tables:
            await connection.execute(f"DROP TABLE {tables}")
        await connection.execute("ALTER TABLE view_instance RENAME COLUMN in_sync TO as_believed")
        await connection.execute("ALTER TABLE view_upgrade DROP COLUMN unwell")
        await connection.execute("ALTER TABLE view_instance DROP COLUMN last_outcome")
        await connection.execute("ALTER TABLE view_instance DROP COLUMN labels")
        await connection.execute("ALTER TABLE view_upgrade DROP COLUMN ticket")
        await connection.execute("DROP TABLE progress, token_use")
        await connection.execute("DROP TABLE notice")
        await connection.execute("DROP TABLE output_use")
        await connection.execute("DROP TABLE identity")
        await connection.execute("UPDATE public.schema_version SET version_num = '0007'")
        await migrate(server.url("log_1"))
        assert await connection.fetchval("SELECT count(*) FROM webhook_delivery") == 0
        assert await connection.fetchval("SELECT version_num FROM public.schema_version") == "0021"
    finally:
        await connection.close()
