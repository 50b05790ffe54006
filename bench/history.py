"""A long past: instances with upgrades that succeeded, put straight into the tables as appends would have left them."""

from collections.abc import Iterator
from datetime import UTC, datetime

import asyncpg

from astrolabe.domain.instances.identity import named
from astrolabe.domain.instances.instance import DatabaseConfig, InstanceConfig
from astrolabe.domain.plans.plan import Artifact, Plan
from astrolabe.domain.plans.rollback_point import DatabaseCopy, Dump, Writes
from astrolabe.domain.upgrades import events as e
from astrolabe.store.ids import new_id
from astrolabe.store.log.entry import encode, make_entry, type_of
from bench.row import CAUSE

UPGRADES = 10
"""How many upgrades an instance has behind it."""

EVENTS = 10
"""How many events tell of one upgrade."""

AT_ONCE = 200
AT = datetime.now(UTC)
COLUMNS = ["stream_id", "version", "event_id", "type", "entry"]
CLAIMED = ["command_id", "request_hash", "stream_id", "answer"]
IDENTIFIED = ["thing", "nth", "stream_id"]
PLACE = """
WITH placed AS (
    INSERT INTO log (position, ingest_id)
    SELECT h.tree_size - 1 + row_number() OVER (ORDER BY e.ingest_id), e.ingest_id
    FROM event e, log_head h WHERE e.ingest_id > coalesce((SELECT max(ingest_id) FROM log), 0) RETURNING 1
) UPDATE log_head SET tree_size = tree_size + (SELECT count(*) FROM placed)
"""


async def fill(url: str, instances: int, upgrades: int = UPGRADES) -> list[str]:
    """Make so many instances with so many upgrades each; return their ids."""
    connection = await asyncpg.connect(url, server_settings={"search_path": "astrolabe"})
    made: list[str] = []
    try:
        while len(made) < instances:
            streams = [new_id() for _ in range(min(AT_ONCE, instances - len(made)))]
            rows = [row for stream_id in streams for row in _rows(stream_id, upgrades)]
            await connection.copy_records_to_table("event", records=rows, columns=COLUMNS)
            claims = [claim for stream_id in streams for claim in _claims(stream_id, upgrades)]
            await connection.copy_records_to_table("command", records=claims, columns=CLAIMED)
            names = [(named(_name(stream_id)), 0, stream_id) for stream_id in streams]
            await connection.copy_records_to_table("identity", records=names, columns=IDENTIFIED)
            made += streams
        await connection.execute(PLACE)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
    return made


def _rows(stream_id: str, upgrades: int) -> Iterator[tuple[str, int, str, str, str]]:
    for version, event in enumerate(_events(stream_id, upgrades), 1):
        entry = make_entry(stream_id, version, event, CAUSE)
        yield stream_id, version, entry.id, type_of(event), encode(entry)


def _claims(stream_id: str, upgrades: int) -> Iterator[tuple[str, bytes, str, str]]:
    """Return the claim of one key for each upgrade."""
    for _ in range(upgrades):
        yield new_id(), bytes(32), stream_id, "{}"


def _name(stream_id: str) -> str:
    return f"flags-{stream_id[-12:]}"


def _events(stream_id: str, upgrades: int) -> Iterator[e.Event]:
    config = InstanceConfig(_name(stream_id), "unleash", 4242, database=DatabaseConfig("unleash", "unleash"))
    yield e.InstanceRegistered(config, "1.0.0")
    for nth in range(1, upgrades + 1):
        yield from _upgrade(new_id(), f"{nth}.0.0", f"{nth + 1}.0.0")


def _upgrade(up: str, old: str, new: str) -> Iterator[e.Event]:
    before, after = (Artifact("unleash-server", at, f"sha512-{at}", "https://registry.example") for at in (old, new))
    yield e.UpgradeRequested(up, old, new, "ci")
    yield e.PreflightPassed(up, Plan(before, after, ()), AT)
    yield e.BackupTaken(up, Dump(f"/backups/{up}.dump", "ab" * 32, 1000, 40, "pg_dump 18"))
    yield e.ArtifactPulled(up, (before, after))
    yield e.StepStarted(up, 1, "migrate", "worker", 7)
    yield e.InstanceStopped(up, AT)
    yield e.DatabaseCopied(up, DatabaseCopy(f"before_{up[-12:]}", 9000))
    yield e.MigrationStarted(up)
    yield e.MigrationFinished(up, AT, 4700, 210, 332)
    yield e.UpgradeSucceeded(up, new, (), Writes(3, {"public.features": 3}), AT)
