"""No space left: refused where it can be known, and nothing touched where the disk fills up meanwhile."""

import contextlib
import shutil
from pathlib import Path

from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from tests.disks import small_disk
from tests.hooked import upgrade
from tests.world import World


async def test_a_full_disk_fails_the_backup_with_nothing_touched(standin: World) -> None:
    """Too little room is refused in preflight; a disk that fills up afterwards fails the backup and leaves no file."""
    async with small_disk(standin.host.backups(standin.instance_id)) as disk:
        filling = disk / "filling"
        if not standin.serves:
            filling.write_bytes(b"x" * _free(disk))
            await standin.upgrade("2.0.0")
            assert await standin.summary(e.BackupTaken) == "no database, so no dump"
            assert await standin.running() == "2.0.0"
            return
        filling.write_bytes(b"x" * (_free(disk) - 65_536))
        loaded = await standin.upgrade("2.0.0")
        assert isinstance(loaded.state, s.Idle)
        refused = await standin.one(e.UpgradeRefused)
        assert refused.problem.code == "preflight-disk"
        assert "bytes needed" in refused.problem.detail
        filling.unlink()

        async def fill() -> None:
            filling.write_bytes(b"x" * _free(disk))

        running = await standin.driver.running()
        await upgrade(standin, "2.0.0", PreflightPassed=fill)
        failed = await standin.one(e.UpgradeFailed)
        assert (failed.step, failed.problem.code) == ("backup", "no-space")
        assert [each.name for each in disk.iterdir()] == ["filling"]
        assert await standin.driver.running() == running


async def test_a_disk_that_fills_up_in_the_pull_fails_it(standin: World) -> None:
    """What came only in part is no artifact, whatever the tool that fetched it calls it; nothing is stopped."""
    running, target = await standin.driver.running(), standin.too_large
    await standin.unpull(target)
    async with contextlib.AsyncExitStack() as full:
        await upgrade(standin, target, BackupTaken=lambda: full.enter_async_context(standin.cramped()))
        failed = await standin.one(e.UpgradeFailed)
        assert (failed.step, failed.problem.code) == ("pull", "no-space")
        assert not await standin.driver.has(await standin.artifact(target))
        assert await standin.strays() == []
    assert await standin.driver.running() == running


def _free(disk: Path) -> int:
    return shutil.disk_usage(disk).free
