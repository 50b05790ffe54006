"""What on an instance's database or its server would refuse a copy or a swap, looked for while nothing is touched."""

import asyncio
import time

from astrolabe.domain.upgrades.database_obstacles import Collation, DatabaseObstacles, ForeignSession
from astrolabe.store.database import Connection
from astrolabe.workers.instance.database import InstanceDatabase
from astrolabe.workers.instance.own_sessions import APPLICATION, SET_ASIDE
from astrolabe.workers.instance.prepared_transactions import prepared_in

PASSING_SECONDS = 3.0
"""How long a session may stay that the role may not end: a monitor or a backup leaves by itself."""

POLL_SECONDS = 0.2
COLLATION_SINCE = 15

COLLATION = """
SELECT datcollversion, pg_database_collation_actual_version(oid) FROM pg_database WHERE datname = $1
  AND datcollversion IS DISTINCT FROM pg_database_collation_actual_version(oid) AND datcollversion IS NOT NULL
"""
# As pg_terminate_backend judges. Autovacuum has no user, and gives way.
SESSIONS = """
SELECT a.pid, format('%s of %s in %s', a.pid, a.usename, a.application_name)
FROM pg_stat_activity a LEFT JOIN pg_roles r ON r.oid = a.usesysid
WHERE a.datname = $1 AND a.pid <> pg_backend_pid() AND a.usesysid IS NOT NULL AND a.application_name <> $2
  AND NOT CASE WHEN r.rolsuper THEN (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
          ELSE pg_has_role(a.usesysid, 'USAGE') OR pg_has_role('pg_signal_backend', 'USAGE') END
ORDER BY a.pid
"""
SLOTS = "SELECT slot_name::text FROM pg_replication_slots WHERE database = $1 ORDER BY 1"
SUBSCRIPTIONS = """
SELECT s.subname::text FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid WHERE d.datname = $1 ORDER BY 1
"""
LIMITS = """
SELECT DISTINCT setting FROM pg_db_role_setting s CROSS JOIN unnest(s.setconfig) AS setting
WHERE s.setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = current_user))
  AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = $1))
  AND split_part(setting, '=', 1) = ANY ($2) ORDER BY 1
"""


async def find_obstacles(database: InstanceDatabase) -> DatabaseObstacles:
    """Ask the server what stands in the way of a copy, and what a rename would leave behind."""
    async with database.connection() as connection:
        return DatabaseObstacles(
            database.name,
            await _collation(connection, database.name),
            await prepared_in(connection, database.name),
            await _sessions(connection, database.name),
            await _named(connection, SLOTS, database.name),
            await _named(connection, SUBSCRIPTIONS, database.name),
            await _named(connection, LIMITS, database.name, [*SET_ASIDE, "transaction_timeout"]),
        )


async def _named(connection: Connection, query: str, *arguments: object) -> tuple[str, ...]:
    return tuple([str(row[0]) for row in await connection.fetch(query, *arguments)])


async def _collation(connection: Connection, name: str) -> Collation | None:
    if connection.get_server_version().major < COLLATION_SINCE:
        return None
    row = await connection.fetchrow(COLLATION, name)
    return Collation(*row) if row else None


async def _sessions(connection: Connection, name: str) -> tuple[ForeignSession, ...]:
    """Return the sessions that stay."""
    end, first = time.monotonic() + PASSING_SECONDS, None
    while True:
        found = [ForeignSession(*row) for row in await connection.fetch(SESSIONS, name, APPLICATION)]
        first = found if first is None else [each for each in first if each in found]
        if not first or time.monotonic() > end:
            return tuple(first)
        await asyncio.sleep(POLL_SECONDS)
