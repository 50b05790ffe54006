"""The database of an instance: blocked, copied, moved and put back, each so that doing it twice does it once."""

import contextlib
import shlex
from collections.abc import AsyncGenerator
from urllib.parse import urlencode

import asyncpg

from astrolabe.domain.instances.instance import DatabaseConfig
from astrolabe.domain.kinds.postgres import (
    allow_statement,
    copy_statement,
    drop_statement,
    evidence_statements,
    psql,
    quote,
    rename_statement,
)
from astrolabe.domain.plans.rollback_point import Writes
from astrolabe.domain.products.product import Migrations
from astrolabe.store.database import Connection
from astrolabe.workers.instance import closing, row_counters
from astrolabe.workers.instance.authentication import WeakAuthentication, authenticated, required_of
from astrolabe.workers.instance.connection_string import encryption_of
from astrolabe.workers.instance.database_properties import ask, has, property_statements
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.own_sessions import APPLICATION, SET_ASIDE, set_aside
from astrolabe.workers.instance.prepared_transactions import refuse_prepared
from astrolabe.workers.instance.reach import HERE, Reach
from astrolabe.workers.instance.secret import in_shell
from astrolabe.workers.programs import tools

AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
)
"""What is said by, or for, a server that is down, going down or coming up, or full: it passes."""

SCRAM = "Let the server ask for scram-sha-256: password_encryption, the role's password anew, pg_hba.conf; then retry."

FILE_COPY_SINCE = 150_000
FILE_COPY_FROM = 32 << 20
"""Bytes from which copying files beats copying by way of the server's log, for it makes two checkpoints in any case."""

ACTIVE = """
SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid() AND state = 'active'
  AND backend_type = 'client backend' AND wait_event_type IS DISTINCT FROM 'Lock'
  AND query_start < clock_timestamp() - interval '1 second')
"""
# What pg_dump takes along: ordinary tables; not what belongs to an extension, nor what lives for one session only.
TABLES = """
SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                    AND d.deptype = 'e')
"""
NEIGHBOURS = """
SELECT DISTINCT datname FROM pg_stat_activity
WHERE datname <> ALL ($1) AND usesysid IS NOT NULL AND application_name <> $2 ORDER BY 1
"""
SIZE = "SELECT pg_database_size($1)"
OWNED = "SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = $1"
MAY_CREATE = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"


class InstanceDatabase:
    """One instance's database, through its server's maintenance database or itself."""

    def __init__(self, database: DatabaseConfig, password: str | None, reach: Reach = HERE) -> None:
        self.name: str = database.name
        self._reach: Reach = reach
        self.maintained_from: str = database.maintained_from
        self._database: DatabaseConfig = database
        self._password: str | None = password

    async def where(self) -> DatabaseConfig:
        """Say where this host reaches the server now."""
        return self._database

    async def typed(self, statement: str) -> str:
        """Write a statement as a person types it; the password is named, not carried."""
        line = shlex.join(psql(str(tools.postgres("psql")), await self.where(), statement))
        required = "".join(
            f"{name}={shlex.quote(value)} " for name, value in required_of(here=self._reach.database_is_here).items()
        )
        place = self._database.password
        return f"{required}PGPASSWORD={in_shell(place)} {line}" if place else line

    @contextlib.asynccontextmanager
    async def connection(self, name: str | None = None) -> AsyncGenerator[Connection]:
        """Connect to a database of the server, by default the maintenance one; errors end the step."""
        where = await self.where()
        try:
            connection = await self._connected(where, name or where.maintained_from)
            try:
                await set_aside(connection)
                yield connection
            finally:
                connection.terminate()
        except WeakAuthentication as weak:
            raise StepFailed(
                "authentication-weak",
                f"The server at {where.host}:{where.port} asked for the password {weak}; it was not given.",
                todo=SCRAM,
            ) from weak
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
            raise StepFailed(
                _code(error),
                f"The server of {where.name} at {where.host}:{where.port} said: {type(error).__name__}: {error}",
                todo="See that the server runs and that the instance's database settings are right, then retry.",
            ) from error

    async def _connected(self, where: DatabaseConfig, name: str) -> Connection:
        hosts = await self._hosts(where)
        with authenticated(here=self._reach.database_is_here):
            return await asyncpg.connect(
                f"postgresql://?{urlencode(encryption_of(where))}",
                host=hosts,
                port=[where.port] * len(hosts),
                user=where.user,
                password=self._password,
                database=name,
                timeout=10,
                server_settings={"application_name": APPLICATION, **SET_ASIDE},
            )

    async def _hosts(self, where: DatabaseConfig) -> list[str]:
        """Return the host as it is connected to; raises StepFailed where that may not be asked."""
        # With a password, a grant of the host's owner names the server.
        if self._reach.database_is_here or self._password is not None or where.host.startswith("/"):
            return [where.host]
        found = await self._reach.addresses(where.host)
        # A certificate that has to bear the name proves itself who answers, and the name is needed to check it.
        return [where.host] if encryption_of(where).get("sslmode") == "verify-full" else list(found)

    async def server_version(self) -> int:
        """Return the server's version as a number (180006 is 18.6)."""
        async with self.connection() as connection:
            return int(await ask(connection, "SHOW server_version_num"))

    async def size(self, name: str | None = None) -> int:
        """Return a database's size in bytes."""
        async with self.connection() as connection:
            return await ask(connection, SIZE, name or self.name)

    async def rights(self) -> tuple[bool, bool]:
        """Return whether the role owns the database, and whether it may create databases."""
        async with self.connection() as connection:
            owned = await ask(connection, OWNED, self.name)
            return bool(owned), bool(await ask(connection, MAY_CREATE))

    async def properties_not_settable(self) -> str | None:
        """Rehearse on the database itself what a copy will be set to; return why it cannot be, None where it can."""
        async with self.connection() as connection:
            rehearsal = connection.transaction()
            await rehearsal.start()
            try:
                for statement in await property_statements(connection, self.name, self.name):
                    await connection.execute(statement)
            except (asyncpg.InsufficientPrivilegeError, asyncpg.InvalidParameterValueError) as error:
                return str(error)
            finally:
                await rehearsal.rollback()
        return None

    async def server_folder(self) -> str | None:
        """Return the server's data folder where the role may know it."""
        async with self.connection() as connection:
            with contextlib.suppress(asyncpg.InsufficientPrivilegeError):
                return await ask(connection, "SELECT current_setting('data_directory')")
            return None

    async def exists(self, name: str) -> bool:
        """Return whether the server has a database of this name."""
        async with self.connection() as connection:
            return await has(connection, name)

    async def neighbours(self) -> list[str]:
        """List the server's other databases that somebody is connected to."""
        async with self.connection() as connection:
            ours = [self.name, self.maintained_from]
            return [row[0] for row in await connection.fetch(NEIGHBOURS, ours, APPLICATION)]

    async def tables(self) -> int:
        """Count the tables that hold rows of their own."""
        async with self.connection(self.name) as connection:
            return await ask(connection, TABLES)

    async def invalid_indexes(self) -> list[str]:
        """List indexes that a failed concurrent build left behind."""
        async with self.connection(self.name) as connection:
            query = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"
            return [row[0] for row in await connection.fetch(query)]

    async def history(self, migrations: Migrations) -> list[str] | None:
        """List the migrations that the product has applied, in its order; None where it keeps no table yet."""
        schema, _, table = migrations.table.partition(".")
        columns = f"{quote(migrations.column)} FROM {quote(schema)}.{quote(table)} ORDER BY {quote(migrations.order)}"
        async with self.connection(self.name) as connection:
            with contextlib.suppress(asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError):
                return [str(row[0]) for row in await connection.fetch(f"SELECT {columns}")]
            return None

    async def answer(self, query: str) -> object:
        """Ask the database a question that may change nothing; return the first value, None where there is none."""
        async with self.connection(self.name) as connection, connection.transaction(readonly=True):
            return await connection.fetchval(query)

    async def working(self) -> bool:
        """Return whether a statement has been at work in the database for more than a second."""
        async with self.connection() as connection:
            return bool(await ask(connection, ACTIVE, self.name))

    async def unreported(self, seconds: float) -> bool:
        """Return whether a session did something in the last seconds, so that its writes may not be counted yet."""
        async with self.connection() as connection:
            return await row_counters.unreported(connection, self.name, seconds)

    async def counters(self) -> Writes:
        """Count the rows written since the server began to count, by table."""
        async with self.connection(self.name) as connection:
            return await row_counters.counted(connection)

    async def last_counters(self) -> Writes:
        """Let nobody in, end everybody else inside, and count what they wrote: a session that ends has reported it."""
        async with self.connection(self.name) as inside, self.connection() as connection:
            await closing.close(connection, self.name, inside.get_server_pid())
            await row_counters.handed_on(connection)
            return await row_counters.counted(inside)

    async def open(self) -> bool:
        """Return whether the database takes connections."""
        async with self.connection() as connection:
            return bool(await ask(connection, "SELECT datallowconn FROM pg_database WHERE datname = $1", self.name))

    async def block(self) -> None:
        """Let nobody in and end everybody inside."""
        async with self.connection() as connection:
            await closing.close(connection, self.name)

    async def end_foreign(self) -> list[tuple[str, bool]]:
        """End the sessions of other roles; return whose each was, and whether our role could end it."""
        async with self.connection() as connection:
            return await closing.end_foreign(connection, self.name)

    async def allow(self) -> None:
        """Let connections in again."""
        async with self.connection() as connection:
            await connection.execute(allow_statement(self.name, allow=True))

    async def copy(self, copy: str) -> int:
        """Copy the blocked database beside itself; return the copy's size in bytes."""
        async with self.connection() as connection:
            await closing.end_predecessor(connection, self.name)
            if not await has(connection, copy):
                await refuse_prepared(connection, self.name)
                version = int(await ask(connection, "SHOW server_version_num"))
                large = await ask(connection, SIZE, self.name) >= FILE_COPY_FROM
                statement = copy_statement(self.name, copy, file_copy=large and version >= FILE_COPY_SINCE)
                # Nobody may come in between the copy's making and the statement that would close it.
                await connection.execute(f"{statement} ALLOW_CONNECTIONS false", timeout=24 * 3600)
            for statement in await property_statements(connection, self.name, copy):
                await connection.execute(statement)
            return await ask(connection, SIZE, copy)

    async def move(self, old: str, new: str) -> None:
        """Rename a database with nobody in it; one that has that name already keeps it."""
        async with self.connection() as connection:
            if await has(connection, old):
                await closing.close(connection, old)
                await connection.execute(rename_statement(old, new))

    async def swap(self, copy: str, aside: str, private: str | None = None) -> None:
        """Put the copy in the place of the database, which is kept aside; both renames or none.

        The database may still have the private name that it had while nobody else was let in.
        """
        async with self.connection() as connection:
            await closing.end_predecessor(connection, self.name)
            if await has(connection, copy):
                migrated = private if private and await has(connection, private) else self.name
                if await has(connection, migrated):
                    await closing.close(connection, migrated)
                    await refuse_prepared(connection, migrated)
                async with connection.transaction():
                    await connection.execute(rename_statement(migrated, aside))
                    await connection.execute(rename_statement(copy, self.name))
            if await has(connection, aside):
                for statement in evidence_statements(aside):
                    await connection.execute(statement)
            if not await has(connection, self.name) or not await has(connection, aside):
                raise StepFailed(
                    "copy-missing",
                    f"Neither the copy {copy} nor a finished swap was found on the database server.",
                    todo=f"Restore the dump of this upgrade into the database {self.name} by hand, then retry.",
                )

    async def drop(self, name: str) -> None:
        """Drop a database that was kept aside."""
        async with self.connection() as connection:
            await closing.end_predecessor(connection, self.name)
            await connection.execute(drop_statement(name))


def _code(error: Exception) -> str:
    """Distinguish what passes by itself from what somebody must mend."""
    if isinstance(error, asyncpg.ObjectInUseError):
        return "sessions-remain"
    return "database-unreachable" if isinstance(error, AWAY) else "database-error"
