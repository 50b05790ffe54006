"""What every kind of deployment must do when something is wrong beforehand: refuse, or fail with nothing touched."""

import contextlib
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace as changed

from domain import events as e
from domain import states as s
from domain.commands import Retry
from tests.databases import run
from tests.hooked import upgrade
from tests.world import World
from workers import shell
from workers.environment import inherited
from workers.steps import pull


async def _refused(standin: World, target: str, code: str) -> e.UpgradeRefused:
    """An upgrade that is refused: the same gateway serves on, and nothing was made."""
    before, running = await standin.shape(), await standin.driver.running()
    loaded = await standin.upgrade(target)
    refused = await standin.one(e.UpgradeRefused)
    assert refused.problem.code == code
    assert refused.problem.todo or code in {"version-unknown", "not-newer", "already-at-version"}
    assert isinstance(loaded.state, s.Idle)
    assert (await standin.driver.running(), await standin.shape()) == (running, before)
    assert await standin.databases() == {standin.database}
    assert standin.dumps() == []
    return refused


async def test_a_tampered_artifact_stops_nothing(standin: World) -> None:
    """What does not match the planned integrity is refused in pull, at once, and the old version goes on."""
    running = await standin.driver.running()
    await standin.unpull("1.3.0")
    async with standin.tampered("1.3.0"):
        loaded = await standin.upgrade("1.3.0")
    assert isinstance(loaded.state, s.Idle)
    failed = await standin.one(e.UpgradeFailed)
    assert (failed.step, failed.problem.code) == ("pull", "wrong-artifact")
    assert await standin.driver.running() == running
    assert not await standin.driver.has(await standin.artifact("1.3.0"))


@pytest.mark.npx
async def test_a_strangers_package_is_refused(standin: World) -> None:
    """A package of the right name without the product's command is not the product."""
    product = changed(standin.product, npm=changed(standin.product.npm, bin="another"))
    standin.host = replace(standin.host, products={"standin": product})
    refused = await _refused(standin, "2.0.0", "wrong-artifact")
    assert "it has no command another" in refused.problem.detail


@pytest.mark.npx
async def test_what_is_not_from_where_the_product_says_is_refused(standin: World) -> None:
    """A product may pin registry, repository and publisher; preflight refuses what has another."""
    here = standin.registry.url.rstrip("/")
    elsewhere = here.replace("127.0.0.1", "localhost")
    running, bare = await standin.driver.running(), standin.product
    for pinned, says in (
        ({"publisher": "somebody"}, "it was published by openastra, not somebody"),
        ({"repository": "github.com/somebody/else"}, "not github.com/somebody/else"),
        ({"registry": elsewhere}, f"it comes from {here}, not {elsewhere}"),
    ):
        standin.host.products["standin"] = changed(bare, npm=changed(bare.package, **pinned))
        await standin.upgrade("2.0.0")
        refused = [each for each in await standin.told() if isinstance(each, e.UpgradeRefused)][-1]
        assert refused.problem.code == "wrong-artifact"
        assert says in refused.problem.detail
    assert await standin.driver.running() == running


async def test_a_latest_that_moves_before_the_pull_is_refused_with_both_versions(standin: World) -> None:
    """Who asked for the latest gets neither the one that was nor, unplanned, the one that is; nothing is stopped."""
    running = await standin.driver.running()
    await standin.move_latest("2.0.0")
    loaded = await upgrade(standin, "latest", BackupTaken=lambda: standin.move_latest("2.1.0"))
    failed = await standin.one(e.UpgradeFailed)
    assert (failed.step, failed.problem.code) == ("pull", "tag-moved")
    assert "2.0.0" in failed.problem.detail
    assert "2.1.0" in failed.problem.detail
    assert isinstance(loaded.state, s.Idle)
    assert (loaded.state.it.version, await standin.driver.running()) == ("1.1.0", running)
    await standin.ask(Retry(await standin.upgrade_id()))
    retried = (await standin.carry_out()).state
    assert isinstance(retried, s.Idle)
    assert retried.it.version == "2.1.0" == await standin.running()


async def test_an_unknown_version_is_refused(standin: World) -> None:
    """Preflight says that the registry has no such version."""
    assert "9.9.9" in (await _refused(standin, "9.9.9", "version-unknown")).problem.detail


async def test_a_latest_that_is_not_ahead_is_refused(standin: World) -> None:
    """A tag that points to the running version or an older one leads nowhere."""
    await standin.move_latest("1.0.0")
    await _refused(standin, "latest", "not-newer")


async def test_a_registry_that_is_down_is_told_apart_from_an_unknown_version(standin: World) -> None:
    """Preflight says that the registry cannot be reached; once it can, a retry goes through."""
    async with standin.registry_down():
        await _refused(standin, "2.0.0", "registry-unreachable")
    await standin.ask(Retry(await standin.upgrade_id()))
    loaded = await standin.carry_out()
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.it.version == "2.0.0"


async def test_a_registry_that_goes_down_fails_the_pull_after_retries(
    standin: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pull asks a few times, then the upgrade fails with nothing touched; its dump is kept for a while."""
    running = await standin.driver.running()
    await standin.unpull("1.3.0")

    attempts: list[object] = []
    asked = {name: getattr(pull, name) for name in ("_check_unmoved", "_pull")}

    async def counted(name: str, *words: Any) -> None:
        attempts.append(words)
        await asked[name](*words)

    for name in asked:
        monkeypatch.setattr(pull, name, partial(counted, name))
    async with contextlib.AsyncExitStack() as down:
        loaded = await upgrade(standin, "1.3.0", BackupTaken=lambda: down.enter_async_context(standin.registry_down()))
    assert isinstance(loaded.state, s.Idle)
    failed = await standin.one(e.UpgradeFailed)
    assert failed.step == "pull"
    assert failed.problem.code in {"pull-failed", "registry-unreachable"}
    assert len(attempts) == pull.ATTEMPTS
    assert await standin.driver.running() == running
    assert await standin.kept("dump") == standin.dumps()
    assert len(standin.dumps()) == 1


async def test_an_instance_that_does_not_run_is_refused(standin: World) -> None:
    """What is down already is not upgraded: a person should know first."""
    await standin.stop()
    refused = await _refused(standin, "2.0.0", "preflight-health")
    assert any("nothing on this host serves" in each for each in refused.problem.seen)


async def test_another_version_than_the_log_believes_is_refused(standin: World) -> None:
    """Drift is told with both versions."""
    await standin.stop()
    await standin.owner_starts("1.6.0")
    refused = await _refused(standin, "2.0.0", "preflight-version")
    assert "1.6.0" in refused.problem.detail
    assert "1.1.0" in refused.problem.detail


@pytest.mark.npx
@pytest.mark.parametrize(
    ("harm", "code", "todo"),
    [
        ("ALTER ROLE {name} NOCREATEDB", "preflight-rights", "CREATEDB"),
        ("ALTER DATABASE {name} OWNER TO CURRENT_USER", "preflight-rights", "own its database"),
        ("ALTER DATABASE {name} SET log_min_duration_statement = 0", "preflight-settings", "settings"),
        ("ALTER ROLE {name} PASSWORD 'another'", "database-error", "database settings"),
    ],
)
async def test_a_database_that_could_not_be_copied_is_refused(standin: World, harm: str, code: str, todo: str) -> None:
    """What would keep the copy from being made, or from being as the database is, is found before anything stops."""
    await run(standin.server, harm.format(name=standin.database))
    assert todo in (await _refused(standin, "2.0.0", code)).problem.todo


async def test_a_full_disk_fails_the_backup_with_nothing_touched(standin: World) -> None:
    """Too little room is refused in preflight; a disk that fills up afterwards fails the backup and leaves no file."""
    async with small_disk(standin.host.backups(standin.instance_id)) as disk:
        filling = disk / "filling"
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


@pytest.mark.npx
async def test_a_disk_that_fills_up_in_the_pull_fails_it(standin: World) -> None:
    """Npm ends well and leaves empty files; what it warned of is heard, and no such tree is put on the shelf."""
    running, target = await standin.driver.running(), await standin.artifact("1.3.0")
    folder = standin.host.artifacts() / target.package
    async with contextlib.AsyncExitStack() as stack:

        async def fill() -> None:
            disk = await stack.enter_async_context(small_disk(folder))
            (disk / "filling").write_bytes(b"x" * (_free(disk) - 262_144))

        await upgrade(standin, "1.3.0", BackupTaken=fill)
        failed = await standin.one(e.UpgradeFailed)
        assert (failed.step, failed.problem.code) == ("pull", "no-space")
        assert [each.name for each in folder.iterdir()] == ["filling"]
    assert await standin.driver.running() == running


def _free(disk: Path) -> int:
    return shutil.disk_usage(disk).free


@contextlib.asynccontextmanager
async def small_disk(folder: Path) -> AsyncIterator[Path]:
    """Make a folder a disk of its own, of 24 MB."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a disk that fills up")
    try:
        options = ("-o", "size=24m")
        await shell.run(["mount", "-t", "tmpfs", *options, "tmpfs", str(folder)], env=inherited(), deadline=10)
    except shell.CommandProblem as error:
        pytest.skip(f"this machine lets nobody mount a disk: {error}")
    try:
        yield folder
    finally:
        await shell.run(["umount", str(folder)], env=inherited(), deadline=10)


@pytest.mark.npx
async def test_a_secret_that_is_not_there_is_named_before_anything_stops(standin: World) -> None:
    """A start would fail, and so would the way back: preflight refuses."""
    await standin.reconfigure(secrets={"STANDIN_TOKEN": "env:ASTROLABE_SECRET_NOT_SET"})
    assert "env:ASTROLABE_SECRET_NOT_SET" in (await _refused(standin, "2.0.0", "secret-missing")).problem.detail
