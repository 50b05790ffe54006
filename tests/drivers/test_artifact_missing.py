"""Artifact missing: a version that the registry or this host has not, or no longer."""

import contextlib

import pytest

from astrolabe.domain.upgrades import events as e
from tests.drivers.outcomes import refused
from tests.hooked import upgrade
from tests.world import World


async def test_an_unknown_version_is_refused(standin: World) -> None:
    """Preflight says that the registry has no such version."""
    assert "9.9.9" in (await refused(standin, "9.9.9", "version-unknown")).problem.detail


async def test_a_version_that_is_withdrawn_after_the_plan_stops_nothing(standin: World) -> None:
    """The registry had it when the plan was made and has it no more: the pull fails, and the old version goes on."""
    running = await standin.driver.running()
    await standin.unpull("1.3.0")
    async with contextlib.AsyncExitStack() as gone:
        await upgrade(standin, "1.3.0", BackupTaken=lambda: gone.enter_async_context(standin.withdrawn("1.3.0")))
    failed = await standin.one(e.UpgradeFailed)
    assert failed.step == "pull"
    assert failed.problem.code in {"pull-failed", "version-unknown"}
    assert failed.problem.todo
    assert await standin.driver.running() == running
    assert not await standin.driver.has(await standin.artifact("1.3.0"))


async def test_a_running_version_that_is_withdrawn_is_refused(standin: World) -> None:
    """Where the old version cannot be had again there would be no way back."""
    await standin.unpull("1.1.0")
    async with standin.withdrawn("1.1.0"):
        found = await refused(standin, "2.0.0", "no-way-back")
    assert "1.1.0" in found.problem.detail


@pytest.mark.kinds("npx")
async def test_a_latest_that_is_not_ahead_is_refused(standin: World) -> None:
    """A tag that points to the running version or an older one leads nowhere."""
    await standin.move_latest("1.0.0")
    await refused(standin, "latest", "not-newer")


async def test_a_rollback_fetches_its_artifact_again(standin: World) -> None:
    """Somebody cleared the shelf of the old version: it is pulled before anything stops."""
    await standin.upgrade("2.0.0")
    await standin.unpull("1.1.0")
    await standin.roll_back(accept=True)
    assert await standin.running() == "1.1.0"
