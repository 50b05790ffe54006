"""Dump and restore: this product is about them, so its own log must survive them."""

from urllib.parse import urlsplit

import asyncpg
import pytest

from astrolabe.store.database import Database
from astrolabe.store.log.batch import Claim
from astrolabe.store.log.leases import Leases
from astrolabe.store.log.log import Log
from astrolabe.store.log.sequencer import Sequencer
from astrolabe.store.migrate import migrate
from astrolabe.store.streams.tokens import Tokens
from astrolabe.store.views.projector import Projector
from astrolabe.workers.programs import shell, tools
from tests.databases import run
from tests.domain.samples import ROLLED_BACK
from tests.store.stage import BY, everything, messages, said, stream_of
from tests.store.test_append_only import STATEMENTS

CLAIM = Claim("0190f000-0000-7000-8000-0000000000c1", b"hash", "{}")
STREAM = "0190f000-0000-7000-8000-0000000000f1"


@pytest.fixture
async def told(database, log, sequencer):
    """A log in the middle of things."""
    await log.append(STREAM, 0, ROLLED_BACK, BY, claims=[CLAIM])
    await sequencer.drain()
    await Projector(database, log).drain()
    await Tokens(log).issue("ci", ("read",), BY)
    await Leases(database).acquire(STREAM, "worker-1")
    await stream_of(log, "waits for its place")


@pytest.fixture
async def restored_url(postgres_server, database_url, told, tmp_path):
    """Another database, with what a dump of the log restores to."""
    assert told is None
    parts, name = urlsplit(database_url), "restored"
    environment = {"PGPASSWORD": parts.password}
    reach = ["--host", parts.hostname, "--port", str(parts.port), "--username", parts.username]
    dump = tmp_path / "log.dump"
    argv = [tools.postgres("pg_dump"), *reach, "--format=custom", "--file", dump, parts.path[1:]]
    await shell.run(argv, env=environment, deadline=60)
    await run(postgres_server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}")
    argv = [tools.postgres("pg_restore"), *reach, "--exit-on-error", "--dbname", name, dump]
    await shell.run(argv, env=environment, deadline=60)
    yield postgres_server.url(name)
    await run(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


async def test_a_log_goes_on_after_a_restore(restored_url, log, sequencer):
    """Every entry is there to the byte, what waited gets its place, and the next positions leave no gap."""
    await sequencer.drain()
    before = await everything(log)
    await migrate(restored_url)
    async with Database(restored_url) as database:
        restored = Log(database)
        assert await restored.unsequenced() == 2
        await Sequencer(database).drain()
        assert await everything(restored) == before
        await stream_of(restored, "after")
        await restored.append(STREAM, len(ROLLED_BACK), [said("more")], BY)
        await Sequencer(database).drain()
        after = await everything(restored)
        assert [each.position for each in after] == list(range(len(before) + 2))
        assert messages(after[-2:]) == ["after", "more"]


async def test_what_stands_beside_the_log_is_restored_too(restored_url, log, superuser):
    """Claims, tokens, leases and views are what they were, and the views what the log says."""
    async with Database(restored_url) as database:
        restored = Log(database)
        assert await restored.claim(CLAIM.command_id) == await log.claim(CLAIM.command_id)
        assert await Tokens(restored).current() == await Tokens(log).current()
        assert await Leases(database).acquire(STREAM, "worker-2") is None
        query = "SELECT v::text FROM astrolabe.view_upgrade v"
        told = await database.pool.fetch(query)
        assert told == await superuser.fetch(query)
        await Projector(database, restored).rebuild()
        assert await database.pool.fetch(query) == told


async def test_a_restored_log_is_append_only_too(restored_url):
    """The triggers are restored as they were, and hold for replication's role as before."""
    connection = await asyncpg.connect(restored_url)
    await connection.execute("SET session_replication_role = replica")
    await connection.execute("SET search_path = astrolabe")
    for statement in STATEMENTS:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
            await connection.execute(statement)
    await connection.close()
