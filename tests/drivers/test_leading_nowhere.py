"""A step after which the same is due: it is done again, after a pause, and the upgrade goes on once it leads on."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest

from astrolabe.domain.upgrades import events as e
from astrolabe.workers.backoff import LONGEST_SECONDS, SHORTEST_SECONDS, pauses
from astrolabe.workers.steps.context import StepContext
from astrolabe.workers.steps.registry import STEP_FUNCTIONS
from tests.world import World

IN_VAIN = 3


async def refused(context: StepContext) -> None:
    """Report what does not follow: the log refuses it."""
    await context.recorder.report(e.ArtifactPulled(context.recorder.busy.run.upgrade_id, ()))


async def recorded(context: StepContext) -> None:
    """Record what leads nowhere."""
    await context.recorder.note("backup", "nothing was done")


@pytest.mark.kinds("cli")
@pytest.mark.parametrize("in_vain", [refused, recorded])
async def test_a_step_that_leads_nowhere_waits_before_it_is_done_again(
    standin: World, monkeypatch: pytest.MonkeyPatch, in_vain: Callable[[StepContext], Awaitable[None]]
) -> None:
    """Neither the log nor the host is asked without a pause for what they have just answered."""
    done, backup = list[float](), STEP_FUNCTIONS["backup"]

    async def after_a_while(context: StepContext) -> None:
        done.append(asyncio.get_running_loop().time())
        await (in_vain if len(done) <= IN_VAIN else backup)(context)

    monkeypatch.setitem(STEP_FUNCTIONS, "backup", after_a_while)
    await standin.upgrade("2.0.0")
    assert await standin.running() == "2.0.0"
    waited = [later - earlier for earlier, later in pairwise(done)]
    least = list(zip(waited, pauses(SHORTEST_SECONDS, LONGEST_SECONDS), strict=False))
    assert len(least) == IN_VAIN
    assert all(actual > pause * 0.99 for actual, pause in least), waited
