"""Registry down: told apart from an unknown version, asked again, and nothing touched."""

import contextlib
from functools import partial
from typing import Any

import pytest

from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import Retry
from astrolabe.workers.steps import pull
from tests.drivers.outcomes import refused
from tests.hooked import upgrade
from tests.world import World


async def test_a_registry_that_is_down_is_told_apart_from_an_unknown_version(standin: World) -> None:
    """Preflight says that the registry cannot be reached; once it can, a retry goes through."""
    async with standin.registry_down():
        await refused(standin, "2.0.0", "registry-unreachable")
    await standin.ask(Retry(await standin.upgrade_id()))
    loaded = await standin.carry_out()
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.instance.version == "2.0.0"


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
    told = [each.message for each in await standin.told() if isinstance(each, e.StepProgressed)]
    assert [each.split(":")[0] for each in told] == ["attempt 1 of 3", "attempt 2 of 3"]
    assert await standin.driver.running() == running
    assert await standin.kept("dump") == standin.dumps()
    assert len(standin.dumps()) == standin.serves
