"""Which revisions of the log's schema are known here; asked at every start, so without the library that migrates."""

import asyncio
from functools import cache
from pathlib import Path

import asyncpg

from astrolabe import migrations
from astrolabe.store.database import parse_url
from astrolabe.store.errors import StoreError

SETTINGS = {"application_name": "astrolabe", "timezone": "UTC"}

PATIENCE_SECONDS = 10
"""How long a database that does not answer holds up a start."""

IS_SET_UP = "SELECT to_regclass('public.schema_version') IS NOT NULL"
REVISION = "SELECT version_num FROM public.schema_version"


class NewerLog(StoreError):  # noqa: N818  a fact, not a fault
    """A newer Astrolabe has set the log up; this one would not understand it."""

    def __init__(self, revision: str, newest: str) -> None:
        said = (
            f"A newer Astrolabe has set this log up: it is at revision {revision}, and {newest} is the last known "
            "here. Run that version, or a newer one."
        )
        super().__init__(said)


@cache
def revisions() -> tuple[str, ...]:
    """Return all that there are, oldest first: the files of the migrations begin with theirs."""
    files = (Path(migrations.__file__).parent / "versions").glob("[0-9]*.py")
    return tuple(sorted(each.name.partition("_")[0] for each in files))


def require_known(revision: str) -> None:
    """Raise NewerLog where a revision is not among ours."""
    if revision not in revisions():
        raise NewerLog(revision, revisions()[-1])


async def require_known_log(url: str) -> None:
    """Raise NewerLog where a newer Astrolabe has set the log up; a database that cannot be asked passes."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            found = await _revisions_of(parse_url(url))
    except (asyncpg.InterfaceError, asyncpg.PostgresError, OSError):
        return  # whoever goes on has its own way of waiting for a database, or of failing without one
    for revision in found:
        require_known(revision)


async def _revisions_of(dsn: str) -> list[str]:
    connection = await asyncpg.connect(dsn, server_settings=SETTINGS)
    try:
        if not await connection.fetchval(IS_SET_UP):
            return []
        return [row[0] for row in await connection.fetch(REVISION)]
    finally:
        await connection.close()
