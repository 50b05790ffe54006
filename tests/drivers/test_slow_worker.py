"""A worker too slow for its lease: it backs off and says so, and gives up where nothing is touched yet."""

import pytest

from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import RequestUpgrade
from astrolabe.store.errors import StaleFence
from astrolabe.store.ids import new_id
from astrolabe.workers.worker import slowness
from tests.hooked import Hook, hooked
from tests.world import World

pytestmark = pytest.mark.kinds("npx")


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slowness, "SHORTEST_SECONDS", 0.01)


def losing(moment: str, times: int) -> Hook:
    """Take the lease away at a moment, so many times."""
    left = [None] * times

    async def hook(now: str) -> None:
        if now == moment and left:
            left.pop()
            raise StaleFence("taken over")

    return hook


async def begins(standin: World, hook: Hook, most: int) -> None:
    """Let one worker be told of its instance again and again."""
    worker = hooked(standin, "worker-1", hook)
    for _ in range(most):
        await worker(standin.instance_id)


async def test_preflight_is_not_begun_for_ever(standin: World) -> None:
    """Each time it says so and waits longer; in the end the upgrade is refused, with nothing touched."""
    running = await standin.driver.running()
    await standin.ask(RequestUpgrade(new_id(), "2.0.0"))
    await begins(standin, losing("after StepStarted preflight", 100), slowness.MOST + 3)
    refused = await standin.one(e.UpgradeRefused)
    assert refused.problem.code == "too-slow"
    assert "ASTROLABE_LEASE_SECONDS" in refused.problem.todo
    told = await standin.told()
    assert sum(isinstance(each, e.StepStarted) for each in told) == slowness.MOST
    notes = [each for each in told if isinstance(each, e.StepProgressed)]
    assert [(each.done, each.total) for each in notes] == [(n, slowness.MOST) for n in range(1, slowness.MOST)]
    assert all("lost its lease" in each.message for each in notes)
    assert await standin.driver.running() == running


async def test_a_worker_that_recovers_goes_on(standin: World) -> None:
    """A lease that was lost now and then fails nothing."""
    await standin.ask(RequestUpgrade(new_id(), "2.0.0"))
    await begins(standin, losing("after StepStarted preflight", 2), 3)
    assert await standin.running() == "2.0.0"


async def test_once_stopped_it_is_begun_until_it_ends(standin: World) -> None:
    """While nobody is served nothing is given up: the pauses are short, and the upgrade ends."""
    await standin.ask(RequestUpgrade(new_id(), "2.0.0"))
    await begins(standin, losing("before InstanceStopped", slowness.MOST + 2), slowness.MOST + 3)
    state = (await standin.loaded()).state
    assert isinstance(state, s.Idle)
    assert state.instance.version == "2.0.0" == await standin.running()
