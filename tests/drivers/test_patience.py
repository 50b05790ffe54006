"""Patience: no single question that fails takes an upgrade back, and what still progresses is no failure."""

import pytest

from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from tests.drivers.prober import Prober
from tests.world import World

pytestmark = pytest.mark.kinds("npx")


@pytest.mark.parametrize(
    "target", ["1.8.0", "1.9.0"], ids=["serves before it has migrated", "falls silent for a while"]
)
async def test_a_good_version_that_is_slow_is_not_taken_back(standin: World, target: str) -> None:
    """It is asked again, while nobody else is let in."""
    await standin.reconfigure(patience_seconds=20)
    user = Prober(standin)
    async with user.at_work():
        loaded = await standin.upgrade(target)
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.instance.version == target == await standin.running()
    assert set(user.acknowledged) <= set(await standin.items())
    assert not any(isinstance(each, e.RollbackStarted) for each in await standin.told())
