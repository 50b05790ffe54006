"""The backup: a dump taken while the instance serves, proven by reading it back."""

import asyncio
import hashlib
import os
import re
from pathlib import Path

from astrolabe.domain.kinds import postgres as argv
from astrolabe.domain.plans.rollback_point import Dump
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades.states import Planned
from astrolabe.store.progress import Amount
from astrolabe.workers.instance.database import InstanceDatabase
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.host import Host
from astrolabe.workers.instance.site import Site
from astrolabe.workers.programs import shell, tools
from astrolabe.workers.programs.environment import inherited
from astrolabe.workers.steps.context import StepContext
from astrolabe.workers.steps.files import prepare_files
from astrolabe.workers.steps.marks import dump_of
from astrolabe.workers.steps.recorder import Recorder, Superseded

DUMP_SECONDS = 24 * 3600.0
LIST_SECONDS = 600.0
COMPRESSIONS = ("zstd:1", "gzip:1", "1")
"""The fastest first; not every build of pg_dump has it, and before 16 a level was all that could be said."""

NO_SUCH_COMPRESSION = re.compile("not support compression|--compress")


async def backup(context: StepContext) -> None:
    """Copy the files and dump the database, prove that the dump can be read and is whole, and record its SHA-256."""
    site, database, recorder = context.site, context.driver.database, context.recorder
    run = context.expect(Planned).run
    files = await prepare_files(context, run)
    if database is None:
        await recorder.report(e.BackupTaken(run.upgrade_id, None, files))
        return
    path = site.host.backups(site.instance_id) / dump_of(run)
    unfinished = path.with_suffix(".unfinished")
    clear_strays(recorder, site.host)
    size = await database.size()
    unfinished.touch(0o600)  # what pg_dump then writes is for our eyes only
    watch = asyncio.create_task(_record_size(recorder, unfinished, size))
    try:
        tool = await _dump(site, database, unfinished)
        tables = await _prove(unfinished, database)
        sha256 = await asyncio.to_thread(_seal, unfinished)
        unfinished.rename(path)
    finally:
        watch.cancel()
        unfinished.unlink(missing_ok=True)
    dump = Dump(str(path), sha256, path.stat().st_size, tables, tool)
    try:
        await recorder.report(e.BackupTaken(run.upgrade_id, dump, files))
    except Superseded:  # called off at the last moment
        await recorder.refresh()
        clear_strays(recorder, site.host)
        raise


def clear_strays(recorder: Recorder, host: Host) -> None:
    """Delete what backups left behind that were never recorded; nobody else would ever delete it."""
    events = [each.event for each in recorder.history]
    known = {event.dump.path for event in events if isinstance(event, e.BackupTaken) and event.dump}
    ours = tuple(f"{event.upgrade_id}-" for event in events if isinstance(event, e.UpgradeRequested))
    for path in host.kept_backups(recorder.instance_id):
        if path.name.startswith(ours) and str(path) not in known:
            path.unlink()


async def _record_size(recorder: Recorder, path: Path, size: int) -> None:
    while True:
        await asyncio.sleep(1)
        if path.exists():
            dumped = Amount(path.stat().st_size, None, "bytes")
            await recorder.progress("backup", f"dumping {size:,} bytes of database", dumped)


async def _dump(site: Site, database: InstanceDatabase, path: Path) -> str:
    program = str(tools.postgres("pg_dump"))
    where, last = await database.where(), ""
    tool = (await shell.run([program, "--version"], env=inherited(), deadline=30)).stdout.strip()
    environment = site.database_environment(tools.major_of(tool))
    for compress in COMPRESSIONS:
        command = argv.dump(program, where, str(path), compress)
        try:
            await shell.run(command, env=environment, deadline=DUMP_SECONDS, secrets=site.secrets)
        except shell.CommandProblem as error:
            last = error.tail or str(error)
            if not NO_SUCH_COMPRESSION.search(last):
                break
        else:
            return tool
    code = "no-space" if "No space left" in last else "backup-failed"
    raise StepFailed(code, "pg_dump did not finish; nothing was stopped.", seen=last.splitlines())


async def _prove(path: Path, database: InstanceDatabase) -> int:
    expected = await database.tables()
    try:
        command = argv.list_dump(str(tools.postgres("pg_restore")), str(path))
        listed = await shell.run(command, env=inherited(), deadline=LIST_SECONDS)
    except shell.CommandProblem as error:
        raise StepFailed("backup-unreadable", "The dump cannot be read back.", seen=error.tail.splitlines()) from error
    tables = sum(" TABLE DATA " in line for line in listed.stdout.splitlines())
    if tables < expected:
        raise StepFailed("backup-incomplete", f"The dump holds {tables} tables; the database has {expected}.")
    return tables


def _seal(path: Path) -> str:
    """Make the file outlast a power cut, and return its SHA-256."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()
