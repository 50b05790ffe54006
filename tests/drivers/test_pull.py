"""Pull: both versions are on the host before anything stops, and nothing is asked of the registry after that."""

import contextlib

from astrolabe.domain.upgrades import events as e
from tests.hooked import upgrade
from tests.world import World


async def test_both_versions_are_here_before_anything_stops(standin: World) -> None:
    """Old and new are those that the registry was given; once pulled, neither way needs a registry that is gone."""
    await standin.driver.pull(await standin.artifact("1.1.0"), lambda _: None)
    await standin.unpull("2.0.0")
    running = await standin.driver.running()
    async with contextlib.AsyncExitStack() as down:

        async def detect() -> None:
            assert await standin.driver.running() == running
            await down.enter_async_context(standin.registry_down())

        await upgrade(standin, "2.0.0", ArtifactPulled=detect)
        assert await standin.running() == "2.0.0"
        pulled = await standin.one(e.ArtifactPulled)
        assert list(pulled.artifacts) == [standin.published(version) for version in ("2.0.0", "1.1.0")]
        plan = (await standin.one(e.PreflightPassed)).plan
        assert {plan.old, plan.new} == {*pulled.artifacts}
        await standin.roll_back(accept=True)
        assert await standin.running() == "1.1.0"
