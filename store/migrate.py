"""Bring the log's own schema up to date."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from astrolabe import migrations
from astrolabe.store.database import APP_ROLE, make_engine, parse_url
from astrolabe.store.errors import StoreError
from astrolabe.store.revisions import IS_SET_UP, REVISION, SETTINGS, require_known
from astrolabe.store.views.identities import refold_identities

LOCK = 0x617374726F
"""The advisory lock under which one process at a time migrates."""


INSUFFICIENT_PRIVILEGE = "42501"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    return config


def _upgrade(connection: Connection) -> bool:
    """Run what is missing; return whether anything was."""
    before = _revisions(connection)
    for revision in before:
        require_known(revision)
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return _revisions(connection) != before


def _revisions(connection: Connection) -> list[str]:
    if not connection.scalar(text(IS_SET_UP)):
        return []
    return list(connection.scalars(text(REVISION)))


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
