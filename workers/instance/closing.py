"""Closing a database: nobody gets in any more, and everybody inside is ended, as far as the instance's role may."""

import asyncio
import contextlib
import time

import asyncpg

from astrolabe.domain.kinds.postgres import allow_statement, quote, terminate_statement
from astrolabe.store.database import Connection
from astrolabe.workers.instance.database_properties import ask
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.own_sessions import APPLICATION

BLOCK_SECONDS = 30.0
"""How long sessions are asked to end until that is a failure."""

WHOSE = "SELECT format('%s of %s in %s', pid, usename, application_name) FROM pg_stat_activity WHERE pid = $1"
# Autovacuum has no user: the server ends it by itself before it copies or renames.
OTHERS = """
SELECT pid FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid() AND pid <> $2 AND usesysid IS NOT NULL
"""
# Other roles' programs are shown to few.
FOREIGN = """
SELECT pid, format('a session of %s in %s', usename, coalesce(nullif(application_name, ''), 'a program without a name'))
FROM pg_stat_activity WHERE datname = $1 AND usename <> current_user
"""
PREDECESSORS = """
SELECT pid FROM pg_stat_activity
WHERE application_name = $1 AND pid <> pg_backend_pid() AND strpos(query, $2) > 0
"""


async def close(connection: Connection, name: str, spared: int = 0) -> None:
    """Let nobody into a database and end everybody inside, but for one session that may be spared."""
    await connection.execute(allow_statement(name, allow=False))
    await _end_all(connection, name, OTHERS, name, spared)


async def end_predecessor(connection: Connection, name: str) -> None:
    """End what a worker before us still has at work on a database: the lease is ours, so it works for nobody."""
    await _end_all(connection, name, PREDECESSORS, APPLICATION, quote(name))


async def end_foreign(connection: Connection, name: str) -> list[tuple[str, bool]]:
    """End the sessions of other roles; return whose each was, and whether our role could end it."""
    found = [(int(pid), str(whose)) for pid, whose in await connection.fetch(FOREIGN, name)]
    return [(whose, await _end(connection, pid)) for pid, whose in found]


async def _end(connection: Connection, pid: int) -> bool:
    # Another role's session, such as a superuser's, may not be ended; it may yet leave by itself.
    with contextlib.suppress(asyncpg.InsufficientPrivilegeError):
        await connection.execute("SELECT pg_terminate_backend($1)", pid)
        return True
    return False


async def _end_all(connection: Connection, name: str, query: str, *arguments: str | int) -> None:
    end = time.monotonic() + BLOCK_SECONDS
    while pids := [row[0] for row in await connection.fetch(query, *arguments)]:
        for pid in pids:
            await _end(connection, pid)
        if time.monotonic() > end:
            ending = "; ".join(map(terminate_statement, pids))
            raise StepFailed(
                "sessions-remain",
                f"Sessions in {name} did not end within {BLOCK_SECONDS:g} seconds.",
                seen=[await ask(connection, WHOSE, pid) or "" for pid in pids],
                todo=f"End these sessions as a superuser, for the instance's role may not: {ending}; then retry.",
            )
        await asyncio.sleep(0.02)
