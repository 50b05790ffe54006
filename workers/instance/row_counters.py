"""The server's own counters of written rows: read by table, with the epoch that they belong to."""

import asyncio

from astrolabe.domain.plans.rollback_point import Writes
from astrolabe.store.database import Connection
from astrolabe.workers.instance.database_properties import ask

SHARED_COUNTERS_SINCE = 150_000
COLLECTOR_SECONDS = 1.0
"""How long an older server's collector may take to hand on what a session reported."""

# Large objects lie in a table of the system's.
COUNTERS = """
SELECT schemaname || '.' || relname, n_tup_ins + n_tup_upd + n_tup_del
FROM pg_stat_all_tables WHERE n_tup_ins + n_tup_upd + n_tup_del > 0
  AND (schemaname !~ '^pg_' AND schemaname <> 'information_schema' OR relname = 'pg_largeobject')
"""
# A crash, a reset and a failover each begin the server's counting anew, a restore and a copy the database's.
EPOCH = """
SELECT format('%s %s %s', d.oid, extract(epoch FROM s.stats_reset), extract(epoch FROM b.stats_reset))
FROM pg_database d JOIN pg_stat_database s ON s.datid = d.oid CROSS JOIN pg_stat_bgwriter b
WHERE d.datname = current_database()
"""
# A role that may not see when another's session did something last cannot know that it has reported.
UNREPORTED = """
SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()
  AND coalesce(backend_type, 'client backend') = 'client backend'
  AND (state_change IS NULL OR state_change > clock_timestamp() - make_interval(secs => $2)))
"""


async def counted(connection: Connection) -> Writes:
    """Count the rows written in the database of this session since the server began to count, by table."""
    epoch = await ask(connection, EPOCH)
    tables = {name: int(count) for name, count in await connection.fetch(COUNTERS)}
    return Writes(sum(tables.values()), tables, epoch)


async def handed_on(connection: Connection) -> None:
    """Wait until what ended sessions have reported is counted, which newer servers do at once."""
    if int(await ask(connection, "SHOW server_version_num")) < SHARED_COUNTERS_SINCE:
        await asyncio.sleep(COLLECTOR_SECONDS)


async def unreported(connection: Connection, name: str, seconds: float) -> bool:
    """Return whether a session of a database did something in the last seconds, and may have writes to report."""
    return bool(await ask(connection, UNREPORTED, name, seconds))
