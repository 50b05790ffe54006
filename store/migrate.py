"""Bring the log's own schema up to date."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from astrolabe import migrations
from astrolabe.store.database import APP_ROLE, make_engine, parse_url
from astrolabe.store.errors import StoreError
from astrolabe.store.revisions import IS_SET_UP, REVISION, SETTINGS, require_known, revisions
from astrolabe.store.views.identities import refold_identities

LOCK = 0x617374726F
"""The advisory lock under which one process at a time migrates."""


INSUFFICIENT_PRIVILEGE = "42501"

# Who reads goes on; who appends waits, so that the backup holds all that the new schema will.
WRITE_NOTHING = text("LOCK TABLE astrolabe.event IN SHARE MODE")

BackUp: TypeAlias = Callable[[str, str], Awaitable[str]]
"""Backs a log up before it goes from one revision to another; returns what the backup is called."""


class MigrationFailed(StoreError):  # noqa: N818  a fact about the log
    """The schema is what it was; the message names the backup that was made before."""

    def __init__(self, before: str, after: str, backup: str | None, why: str) -> None:
        kept = f" The backup made before is {backup}." if backup else ""
        said = (
            f"The log could not be brought from revision {before} to {after}: {why}. Nothing was changed: the Astrolabe"
            f" of before still runs on it.{kept}"
        )
        super().__init__(said)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    command.upgrade(_config(connection), "head")


def _revisions(connection: Connection) -> list[str]:
    if not connection.scalar(text(IS_SET_UP)):
        return []
    return list(connection.scalars(text(REVISION)))


async def migrate(url: str, *, back_up: BackUp | None = None) -> str | None:
    """Run the revisions that are missing; any number of processes may ask at once: one runs them, the others wait.

    A log that has revisions already is backed up before; returns what the backup is called, None where none was made.
    Raises StoreError where the role that connects lacks a right, and says what to run; NewerLog where a newer Astrolabe
    has set the log up; MigrationFailed where a revision fails.
    """
    engine = make_engine(parse_url(url), 1, SETTINGS)
    try:
        return await _migrate(engine, back_up)
    except DBAPIError as error:
        if not _lacks_a_right(error):
            raise
        raise StoreError(await _advice(engine, str(error.orig))) from None
    finally:
        await engine.dispose()


async def _migrate(engine: AsyncEngine, back_up: BackUp | None) -> str | None:
    async with engine.begin() as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        before, after = await connection.run_sync(_revisions), revisions()[-1]
        for revision in before:
            require_known(revision)
        if before == [after]:
            return None
        if not before:
            await _run(connection)
            return None
        await connection.execute(WRITE_NOTHING)
        backup = await back_up(before[0], after) if back_up else None
        try:
            await _run(connection)
        except Exception as error:
            if _lacks_a_right(error):
                raise
            raise MigrationFailed(before[0], after, backup, _why(error)) from error
        return backup


async def _run(connection: AsyncConnection) -> None:
    await connection.run_sync(_upgrade)
    await refold_identities(connection)


def _lacks_a_right(error: Exception) -> bool:
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == INSUFFICIENT_PRIVILEGE


def _why(error: Exception) -> str:
    said = str(error.orig).rpartition(">: ")[2] if isinstance(error, DBAPIError) else str(error)
    return said.partition("\n")[0].rstrip(".") or type(error).__name__


async def _advice(engine: AsyncEngine, said: str) -> str:
    async with engine.connect() as connection:
        query = text("SELECT quote_ident(current_user), to_regrole(:role) IS NULL, current_database()")
        user, missing, database = (await connection.execute(query, {"role": APP_ROLE})).one()
    make = f"CREATE ROLE {APP_ROLE} NOLOGIN; " if missing else ""
    return (
        f"The role {user} lacks a right to set up the log in {database} ({said.rpartition(': ')[2]}); "
        f"let a superuser run: {make}GRANT {APP_ROLE} TO {user}; ALTER DATABASE {database} OWNER TO {user};"
    )
