"""Places on a host: an upgrade that must fetch waits for one and says so, and what has no need of one goes on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import RequestUpgrade
from astrolabe.store.ids import new_id
from astrolabe.store.progress import ProgressBoard
from tests.world import World

POLL_SECONDS = 0.05

pytestmark = pytest.mark.kinds("npx")


async def nothing(_sentence: str) -> None:
    """Say nothing."""


@asynccontextmanager
async def all_fetch(standin: World) -> AsyncIterator[None]:
    """Let others, who are slow, have every place for pulls."""
    pulls = standin.host.places.pulls
    async with AsyncExitStack() as held:
        for _ in range(pulls.total):
            await held.enter_async_context(pulls.one(nothing))
        yield


async def shown(standin: World, sentence: str) -> None:
    """Wait until an upgrade's progress says something."""
    board = ProgressBoard(standin.log_database)
    async with asyncio.timeout(60):
        while not (tick := await board.latest(standin.instance_id, await standin.upgrade_id())) or (
            sentence not in tick.message
        ):
            await asyncio.sleep(POLL_SECONDS)


async def test_an_upgrade_that_must_fetch_waits_and_says_so(standin: World) -> None:
    """Nothing is stopped meanwhile, its lease is kept, and it goes on when there is a place."""
    await standin.unpull("2.0.0")
    await standin.ask(RequestUpgrade(new_id(), "2.0.0"))
    async with all_fetch(standin):
        carrying = asyncio.create_task(standin.carry_out())
        await shown(standin, f"waiting for one of {standin.host.places.total} places for pulls, next in line")
        assert isinstance((await standin.loaded()).state, s.BackedUp)
        assert await standin.running() == "1.1.0"
    await carrying
    assert await standin.running() == "2.0.0"


async def test_whatever_is_here_already_waits_for_nobody_who_fetches(standin: World) -> None:
    """An upgrade to what was pulled before, and its way back, go on while every place is taken."""
    for version in ("1.1.0", "2.0.0"):
        await standin.driver.pull(await standin.artifact(version), lambda _: None)
    async with all_fetch(standin), asyncio.timeout(120):
        await standin.upgrade("2.0.0")
        assert await standin.running() == "2.0.0"
        await standin.roll_back(accept=True)
        assert await standin.running() == "1.1.0"
