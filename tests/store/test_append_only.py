"""The log only grows: the database itself refuses everything else, whoever asks."""

import asyncpg
import pytest

from astrolabe.store.log.batch import Claim
from astrolabe.store.log.sequencer import Sequencer
from tests.store.stage import BY, everything, said

TABLES = ("event", "log", "command")
CHANGES = {
    "event": ["UPDATE event SET entry = 'x'", "UPDATE event SET entry = entry WHERE false", "DELETE FROM event"],
    "log": ["UPDATE log SET position = position + 1", "DELETE FROM log", "DELETE FROM log WHERE false"],
    "command": ["UPDATE command SET answer = 'x'", "DELETE FROM command"],
}
STATEMENTS = [change for table in TABLES for change in CHANGES[table]]
STATEMENTS += [f"TRUNCATE {table} CASCADE" for table in TABLES] + ["TRUNCATE event, log, command, lease"]
UPSERT = "INSERT INTO log VALUES (0, 1) ON CONFLICT (position) DO UPDATE SET ingest_id = 2"


@pytest.fixture(autouse=True)
async def told(log, sequencer: Sequencer):
    """Something is in each table."""
    claim = Claim("0190f000-0000-7000-8000-0000000000c1", b"hash", "{}")
    await log.append("0190f000-0000-7000-8000-0000000000f1", 0, [said("one"), said("two")], BY, claims=[claim])
    await sequencer.drain()
    yield
    assert [each.event.message for each in await everything(log)] == ["one", "two"]
    stored = await log.claim(claim.command_id)
    assert stored.answer == "{}"


async def test_the_application_has_no_right_to_change_the_log(database):
    """Under the application's role every change is refused for want of a right."""
    for statement in (*STATEMENTS, UPSERT):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await database.pool.execute(statement)


@pytest.mark.parametrize("role", ["origin", "replica"])
async def test_the_owner_and_superuser_cannot_change_the_log(superuser, role):
    """The tables' owner, a superuser, is refused by the tables themselves, also where other triggers are silent."""
    await superuser.execute(f"SET session_replication_role = {role}")
    for statement in (*STATEMENTS, UPSERT):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
            await superuser.execute(statement)


async def test_the_application_cannot_silence_the_triggers(database):
    """Neither the role of replication nor the triggers are the application's to change."""
    for statement in (
        "ALTER TABLE event DISABLE TRIGGER ALL",
        "DROP TABLE log",
        "SELECT setval('event_ingest_id_seq', 1)",
        "UPDATE log_head SET tree_size = 0",
        "DELETE FROM unsequenced",
        "INSERT INTO log VALUES (7, 7)",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await database.pool.execute(statement)


async def test_a_plain_owner_cannot_change_the_log(superuser):
    """An owner who is no superuser is refused alike."""
    await superuser.execute("CREATE ROLE plain_owner; GRANT USAGE ON SCHEMA astrolabe TO plain_owner")
    try:
        for table in TABLES:
            await superuser.execute(f"ALTER TABLE {table} OWNER TO plain_owner")
        await superuser.execute("SET ROLE plain_owner")
        for statement in STATEMENTS:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await superuser.execute(statement)
    finally:
        await superuser.execute("RESET ROLE; REASSIGN OWNED BY plain_owner TO CURRENT_USER")
        await superuser.execute("DROP OWNED BY plain_owner; DROP ROLE plain_owner")


async def test_an_entry_has_a_longest_length(superuser):
    """What is longer than an entry may be is refused by the table too."""
    query = "INSERT INTO event (stream_id, version, event_id, type, entry) VALUES ($1, 1, $1, 'x', $2)"
    with pytest.raises(asyncpg.CheckViolationError):
        await superuser.execute(query, "0190f000-0000-7000-8000-0000000000f2", "x" * 65_536)
