"""Which revisions of the log's schema are known here; asked at every start, so without the library that migrates."""

import asyncio
from functools import cache
from pathlib import Path

import asyncpg

from astrolabe import migrations
from astrolabe.store.database import parse_url
from astrolabe.store.errors import NewerLog, StoreError
from astrolabe.store.log.entry import TYPES, unreadable

SETTINGS = {"application_name": "astrolabe", "timezone": "UTC"}

PATIENCE_SECONDS = 10
"""How long a database that does not answer holds up a start."""

IS_SET_UP = "SELECT to_regclass('public.schema_version') IS NOT NULL"
REVISION = "SELECT version_num FROM public.schema_version"
# A type needs no revision. The whole log would take long; whoever reads on meets what is older.
UNKNOWN_TYPE = """
SELECT type FROM (SELECT type FROM astrolabe.event ORDER BY ingest_id DESC LIMIT 1000) newest
WHERE type <> ALL ($1) LIMIT 1
"""


class OlderLog(StoreError):  # noqa: N818  a fact, not a fault
    """The log was not brought up to date for this Astrolabe."""

    def __init__(self, revision: str, newest: str) -> None:
        said = f"This log is at revision {revision}, and this Astrolabe needs {newest}: run astrolabe migrate first."
        super().__init__(said)


@cache
def revisions() -> tuple[str, ...]:
    """Return all that there are, oldest first: the files of the migrations begin with theirs."""
    files = (Path(migrations.__file__).parent / "versions").glob("[0-9]*.py")
    return tuple(sorted(each.name.partition("_")[0] for each in files))


def require_known(revision: str) -> None:
    """Raise NewerLog where a revision is not among ours."""
    if revision not in revisions():
        raise NewerLog(f"set this log up: it is at revision {revision}, and {revisions()[-1]} is the last known here")


async def require_known_log(url: str, *, up_to_date: bool = False) -> None:
    """Raise NewerLog where a newer Astrolabe has set the log up, or written to it; one that cannot be asked passes.

    With `up_to_date`, raises OlderLog where revisions are missing.
    """
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            found = await _looked_at(parse_url(url))
    except (asyncpg.InterfaceError, asyncpg.PostgresError, OSError):
        return  # whoever goes on has its own way of waiting for a database, or of failing without one
    if up_to_date and found not in {None, revisions()[-1]}:
        raise OlderLog(found or "", revisions()[-1])


async def _looked_at(dsn: str) -> str | None:
    """Return the revision of a log that this Astrolabe understands; None where the database holds none."""
    connection = await asyncpg.connect(dsn, server_settings=SETTINGS)
    try:
        if not await connection.fetchval(IS_SET_UP):
            return None
        revision: str | None = await connection.fetchval(REVISION)
        if revision is None:
            return None
        require_known(revision)
        if unknown := await connection.fetchval(UNKNOWN_TYPE, list(TYPES)):
            raise unreadable(unknown)
        return revision
    finally:
        await connection.close()
