"""Backup: a dump that can be restored, before anything stops."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades.commands import Cancel, RequestUpgrade
from astrolabe.store.ids import new_id
from astrolabe.workers.instance.database import InstanceDatabase
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.programs import tools
from astrolabe.workers.programs.shell import run as run_command
from tests.hooked import Killed, hooked, when
from tests.world import World


async def test_a_backup_is_whole_before_anything_stops(standin: World) -> None:
    """The dump on the disk is the one in the log, for its owner's eyes only; what has no database says so."""
    running = await standin.driver.running()
    await standin.ask(RequestUpgrade(new_id(), "2.0.0"))

    async def die() -> None:
        raise Killed

    with pytest.raises(Killed):
        await hooked(standin, "worker-1", when({"after BackupTaken": die}))(standin.instance_id)
    assert await standin.driver.running() == running
    dump = (await standin.one(e.BackupTaken)).dump
    if not standin.serves:
        assert (dump, standin.dumps()) == (None, [])
        assert await standin.summary(e.BackupTaken) == "no database, so no dump"
        return
    assert dump
    assert standin.dumps() == [dump.path]
    content = Path(dump.path).read_bytes()
    assert (hashlib.sha256(content).hexdigest(), len(content)) == (dump.sha256, dump.size)
    assert Path(dump.path).stat().st_mode & 0o77 == 0
    assert dump.tables == 3


@pytest.mark.kinds("npx")
async def test_the_dump_can_be_restored(standin: World, postgres_server) -> None:
    """The dump restores into an empty database with every row of before."""
    await standin.upgrade("2.0.0")
    dump = (await standin.one(e.BackupTaken)).dump
    assert dump
    name = f"{standin.database}_r"
    url = await postgres_server.create_database(name)
    command = [tools.postgres("pg_restore"), "--exit-on-error", "--no-owner", "--dbname", url, dump.path]
    await run_command(command, env={}, deadline=60)
    assert await standin.rows("SELECT name, note FROM items", name) == [("first", None)]


@pytest.mark.kinds("npx")
async def test_a_server_that_is_away_at_the_start_leaves_no_file(
    standin: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backup that could not begin leaves nothing that the log does not know."""

    async def away(_database: InstanceDatabase, _name: str | None = None) -> int:
        raise StepFailed("database-unreachable", "The server is away.")

    async def goes_away() -> None:
        monkeypatch.setattr(InstanceDatabase, "size", away)

    await standin.ask(RequestUpgrade(new_id(), "2.0.0"))
    await hooked(standin, "worker-1", when({"after PreflightPassed": goes_away}))(standin.instance_id)
    assert (await standin.one(e.UpgradeFailed)).problem.code == "database-unreachable"
    assert standin.dumps() == []


@pytest.mark.kinds("npx")
async def test_what_a_dead_worker_left_of_a_dump_goes_with_the_upgrade(standin: World) -> None:
    """Whoever calls it off then waits for no other backup: half a dump is nobody's, and may hold everything."""
    await standin.ask(RequestUpgrade(new_id(), "2.0.0"))
    upgrade_id = await standin.upgrade_id()
    folder = standin.host.backups(standin.instance_id)

    async def die() -> None:
        (folder / f"{upgrade_id}-1.unfinished").write_text("half of the customers")
        raise Killed

    with pytest.raises(Killed):
        await hooked(standin, "worker-1", when({"after PreflightPassed": die}))(standin.instance_id)
    await standin.ask(Cancel(upgrade_id, datetime.now(UTC)))
    await standin.carry_out("worker-2")
    assert await standin.one(e.UpgradeCancelled)
    assert standin.dumps() == []
