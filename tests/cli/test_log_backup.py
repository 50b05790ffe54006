"""A newer Astrolabe on a log of before: backed up, brought up to date by one of those who start, or left as it was."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from astrolabe.cli.exit_codes import ExitCode
from astrolabe.cli.log_backup import FOLDER, KEPT, LogBackups
from astrolabe.cli.servers.postgres import Postgres
from astrolabe.cli.servers.problem import Unavailable
from astrolabe.store.database import Connection, Database, for_programs
from astrolabe.store.errors import NewerLog
from astrolabe.store.log.log import Log
from astrolabe.store.migrate import MigrationFailed, migrate
from astrolabe.store.revisions import OlderLog, require_known_log, revisions
from astrolabe.workers.programs import shell, tools
from tests.cli.typed import piped
from tests.databases import run
from tests.store.test_old_log import FOLDER as OLD_LOG

OLD = "0008"
NEWEST = revisions()[-1]
REVISION = "SELECT version_num FROM public.schema_version"
EVENTS = "SELECT entry FROM astrolabe.event ORDER BY ingest_id"
COLUMNS = """
SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'astrolabe' ORDER BY 1
"""


@pytest_asyncio.fixture
async def url(postgres_server: Postgres) -> AsyncIterator[str]:
    """A log that an older Astrolabe has written, at its revision."""
    name = f"old_{uuid4().hex}"
    url = await postgres_server.create_database(name)
    await _execute(url, (OLD_LOG / "log.sql").read_text("utf-8"))
    yield url
    await run(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def backups(url: str, tmp_path: Path) -> LogBackups:
    """The backups of that log."""
    return LogBackups(tmp_path, url, lambda _: None)


async def _execute(url: str, script: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(script)
    await connection.close()


async def _rows(url: str, query: str) -> list[str]:
    connection: Connection = await asyncpg.connect(url)
    try:
        return [row[0] for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def test_the_backup_restores_to_the_log_as_it_was(
    url: str, tmp_path: Path, postgres_server: Postgres, backups: LogBackups
) -> None:
    """Schema and rows are those of before: the older program runs on them, and they can be brought up to date again."""
    before = {query: await _rows(url, query) for query in (REVISION, EVENTS, COLUMNS)}
    said = await piped("migrate", env=_environment(url, tmp_path))
    assert said.returncode == 0, said
    (backup,) = (tmp_path / FOLDER).iterdir()
    assert said.stdout.splitlines() == [
        f"Backing the log up before its schema goes from revision {OLD} to {NEWEST}.",
        f"The log was backed up: {backup}",
        "The schema is up to date.",
    ]
    assert (backup.stat().st_mode & 0o777, backup.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert await _rows(url, REVISION) == [NEWEST]
    restored = await postgres_server.create_database(f"old_{uuid4().hex}")
    where, password = for_programs(restored)
    command = [tools.postgres("pg_restore"), "--exit-on-error", "--dbname", where, backup]
    await shell.run(command, env={"PGPASSWORD": password}, deadline=60)
    assert {query: await _rows(restored, query) for query in before} == before
    await migrate(restored, back_up=backups.make)
    assert await _rows(restored, EVENTS) == before[EVENTS]
    await run(postgres_server, f"DROP DATABASE {restored.rpartition('/')[2]} WITH (FORCE)")


async def test_a_log_that_is_up_to_date_is_not_backed_up(url: str, tmp_path: Path, backups: LogBackups) -> None:
    """Nor is one that is just set up: there is nothing to lose."""
    await migrate(url)
    assert await migrate(url, back_up=backups.make) is None
    assert not (tmp_path / FOLDER).exists()


async def test_a_migration_that_fails_leaves_the_log_and_names_the_backup(url: str, backups: LogBackups) -> None:
    """The older program runs on what it finds, and nobody has to restore anything."""
    await _execute(url, "CREATE TABLE astrolabe.notice (id int)")
    columns = await _rows(url, COLUMNS)
    with pytest.raises(MigrationFailed, match='relation "notice" already exists') as failed:
        await migrate(url, back_up=backups.make)
    assert (await _rows(url, REVISION), await _rows(url, COLUMNS)) == ([OLD], columns)
    (named,) = (word.rstrip(".") for word in str(failed.value).split() if word.startswith("/"))
    assert Path(named).stat().st_size > 0


async def test_of_two_that_start_at_once_one_migrates_and_the_other_waits(
    url: str, tmp_path: Path, backups: LogBackups
) -> None:
    """There is one backup, and both go on with a log that is up to date."""
    began, made = asyncio.Event(), asyncio.Event()

    async def make(before: str, after: str) -> str:
        began.set()
        await made.wait()
        return await backups.make(before, after)

    first = asyncio.create_task(migrate(url, back_up=make))
    await began.wait()
    second = asyncio.create_task(migrate(url, back_up=make))
    await _until_somebody_waits(url)
    made.set()
    assert await second is None
    assert [str(each) for each in (tmp_path / FOLDER).iterdir()] == [await first]
    assert await _rows(url, REVISION) == [NEWEST]


async def _until_somebody_waits(url: str) -> None:
    query = "SELECT pid::text FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database()"
    async with asyncio.timeout(30):
        while not await _rows(url, query):
            await asyncio.sleep(0.01)


async def test_nothing_is_recorded_that_the_backup_does_not_hold(url: str) -> None:
    """Whoever appends waits from before the backup until the schema is new; whoever reads does not."""
    seen: list[str] = []

    async def make(_before: str, _after: str) -> str:
        assert await _rows(url, EVENTS)
        connection = await asyncpg.connect(url, server_settings={"lock_timeout": "50ms"})
        with pytest.raises(asyncpg.LockNotAvailableError):
            await connection.execute("INSERT INTO astrolabe.event SELECT FROM astrolabe.event LIMIT 0")
        seen.append("refused")
        await connection.close()
        return "somewhere"

    assert await migrate(url, back_up=make) == "somewhere"
    assert seen == ["refused"]


@pytest.mark.parametrize("programs", ["none", "older"])
async def test_without_a_backup_nothing_is_migrated_but_on_a_persons_word(
    url: str, tmp_path: Path, programs: str
) -> None:
    """Where no pg_dump fits the server, one line says why and what to do, and that is enough."""
    folder = tmp_path / "programs"
    folder.mkdir()
    if programs == "older":
        (folder / "pg_dump").write_text("#!/bin/sh\necho 'aborting because of server version mismatch' >&2\nexit 1\n")
        (folder / "pg_dump").chmod(0o755)
    environment = _environment(url, tmp_path) | {"ASTROLABE_PG_BIN": str(folder)}
    said = await piped("migrate", env=environment)
    assert said.returncode == ExitCode.REFUSED
    why = "aborting because of server version mismatch" if programs == "older" else "PostgreSQL's pg_dump was not found"
    assert why in said.stderr
    assert said.stderr.rstrip().endswith("and run: astrolabe migrate --backup-taken.")
    assert len(said.stderr.splitlines()) == 1
    assert (await _rows(url, REVISION), list((tmp_path / FOLDER).iterdir())) == ([OLD], [])
    taken = await piped("migrate", "--backup-taken", env=environment)
    assert (taken.returncode, taken.stdout) == (0, "The schema is up to date.\n")


async def test_a_backup_that_does_not_hold_the_events_is_none(url: str, tmp_path: Path) -> None:
    """What pg_dump made is read back before anything is changed."""
    empty = LogBackups(tmp_path, f"{url.rpartition('/')[0]}/postgres", lambda _: None)
    with pytest.raises(Unavailable, match="does not hold the events"):
        await migrate(url, back_up=empty.make)
    assert (await _rows(url, REVISION), list((tmp_path / FOLDER).iterdir())) == ([OLD], [])


async def test_the_last_backups_are_kept(tmp_path: Path, backups: LogBackups) -> None:
    """An older one goes once another has been made."""
    folder = tmp_path / FOLDER
    folder.mkdir()
    old = [folder / f"2025010{day}T000000Z-0001-to-0002.dump" for day in range(1, 6)]
    for each in old:
        each.touch()
    made = Path(await backups.make(OLD, NEWEST))
    assert sorted(folder.iterdir()) == [*old[1 - KEPT :], made]
    assert made.name.startswith(f"{datetime.now(UTC):%Y}")


@pytest.mark.parametrize("words", [("api", "--bind", "127.0.0.1:0"), ("relay",), ("worker",), ("rebuild",)])
async def test_a_log_of_before_is_not_worked_on(url: str, tmp_path: Path, words: tuple[str, ...]) -> None:
    """What is started one by one says that the log has to be brought up to date first."""
    with pytest.raises(OlderLog):
        await require_known_log(url, up_to_date=True)
    said = await piped(*words, env=_environment(url, tmp_path))
    assert (said.returncode, said.stderr) == (
        ExitCode.REFUSED,
        f"astrolabe: This log is at revision {OLD}, and this Astrolabe needs {NEWEST}: run astrolabe migrate first.\n",
    )


@pytest.mark.parametrize("newer", ["revision", "event"])
async def test_an_older_program_refuses_a_log_that_a_newer_one_has_written(
    database_url: str, tmp_path: Path, newer: str
) -> None:
    """Whether the schema is newer or an event is of a type that nobody here knows: one line, and nothing is touched."""
    if newer == "revision":
        await _execute(database_url, "UPDATE public.schema_version SET version_num = '9999'")
        what = f"set this log up: it is at revision 9999, and {NEWEST} is the last known here"
    else:
        await _execute(database_url, FROM_TOMORROW)
        what = "written to this log: events of the type moon_phase_seen are not known here"
        async with Database(database_url) as database:
            with pytest.raises(NewerLog, match="moon_phase_seen"):
                await Log(database).read_stream("0190f000-0000-7000-8000-0000000000f1")
    for words in (("migrate",), ("relay",)):
        said = await piped(*words, env=_environment(database_url, tmp_path))
        assert said.returncode == ExitCode.REFUSED
        assert said.stderr == f"astrolabe: A newer Astrolabe has {what}. Run that version, or a newer one.\n"
    assert await _rows(database_url, REVISION) == ["9999" if newer == "revision" else NEWEST]


FROM_TOMORROW = """
INSERT INTO astrolabe.event (stream_id, version, event_id, type, entry)
VALUES ('0190f000-0000-7000-8000-0000000000f1', 1, '0190f000-0000-7000-8000-0000000000f2', 'moon_phase_seen',
  '{"actor":"x","data":{"phase":"full","type":"moon_phase_seen"},"id":"0190f000-0000-7000-8000-0000000000f2",'
  '"reason":"y","source":"api","stream":"0190f000-0000-7000-8000-0000000000f1","version":1}')
"""


def _environment(url: str, folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "DATABASE_URL": url,
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "ASTROLABE_DATA": str(folder),
    }
