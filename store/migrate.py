"""Bring the log's own schema up to date."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from asyncpg import InterfaceError, PostgresError
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from astrolabe import migrations
from astrolabe.store.database import APP_ROLE, make_engine, parse_url
from astrolabe.store.errors import StoreError
from astrolabe.store.views.identities import refold_identities

LOCK = 0x617374726F
"""The advisory lock under which one process at a time migrates."""


INSUFFICIENT_PRIVILEGE = "42501"
SETTINGS = {"application_name": "astrolabe", "timezone": "UTC"}


PATIENCE_SECONDS = 10
"""How long a database that does not answer holds up a start."""

REVISION = "SELECT version_num FROM public.schema_version"


class NewerLog(StoreError):  # noqa: N818  a fact, not a fault
    """A newer Astrolabe has set the log up; this one would not understand it."""

    def __init__(self, revision: str, newest: str | None) -> None:
        said = (
            f"A newer Astrolabe has set this log up: it is at revision {revision}, and {newest} is the last known "
            "here. Run that version, or a newer one."
        )
        super().__init__(said)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    return config


def _known(connection: Connection) -> None:
    """Raise NewerLog where the log is at a revision that is not among ours."""
    scripts = ScriptDirectory.from_config(_config())
    ours = {each.revision for each in scripts.walk_revisions()}
    for revision in _revisions(connection):
        if revision not in ours:
            raise NewerLog(revision, scripts.get_current_head())


def _upgrade(connection: Connection) -> bool:
    """Run what is missing; return whether anything was."""
    _known(connection)
    before = _revisions(connection)
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return _revisions(connection) != before


def _revisions(connection: Connection) -> list[str]:
    if not connection.scalar(text("SELECT to_regclass('public.schema_version') IS NOT NULL")):
        return []
    return list(connection.scalars(text(REVISION)))


async def require_known_log(url: str) -> None:
    """Raise NewerLog where a newer Astrolabe has set the log up; a database that cannot be asked passes."""
    engine = make_engine(parse_url(url), 1, SETTINGS)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS), engine.connect() as connection:
            await connection.run_sync(_known)
    except (DBAPIError, InterfaceError, PostgresError, OSError):
        return  # whoever goes on has its own way of waiting for a database, or of failing without one
    finally:
        await engine.dispose()


async def migrate(url: str) -> None:
    """Run the revisions that are missing; any number of processes may ask at once.

    Raises StoreError where the role that connects lacks a right, and says what to run; NewerLog where a newer Astrolabe
    has set the log up.
    """
    engine = make_engine(parse_url(url), 1, SETTINGS)
    try:
        await _migrate(engine)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != INSUFFICIENT_PRIVILEGE:
            raise
        raise StoreError(await _advice(engine, str(error.orig))) from None
    finally:
        await engine.dispose()


async def _migrate(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        if await connection.run_sync(_upgrade):
            await refold_identities(connection)


async def _advice(engine: AsyncEngine, said: str) -> str:
    async with engine.connect() as connection:
        query = text("SELECT quote_ident(current_user), to_regrole(:role) IS NULL, current_database()")
        user, missing, database = (await connection.execute(query, {"role": APP_ROLE})).one()
    make = f"CREATE ROLE {APP_ROLE} NOLOGIN; " if missing else ""
    return (
        f"The role {user} lacks a right to set up the log in {database} ({said.rpartition(': ')[2]}); "
        f"let a superuser run: {make}GRANT {APP_ROLE} TO {user}; ALTER DATABASE {database} OWNER TO {user};"
    )
