"""Never healthy: a start is given up when its patience is over."""

from astrolabe.domain.upgrades import events as e
from tests.drivers.outcomes import rolled_back
from tests.world import World


async def test_health_that_never_comes_is_taken_back(standin: World) -> None:
    """A start without progress is given up, and what was seen is told; what serves nobody has no health to wait for."""
    await standin.reconfigure(patience_seconds=2)
    if not standin.serves:
        await standin.upgrade("1.4.0")
        checks = {each.name: each.seen for each in (await standin.one(e.UpgradeSucceeded)).checks}
        assert checks["health"] == "skipped: it serves nobody"
        return
    turned = await rolled_back(standin, "1.4.0", "never-healthy")
    assert turned.problem
    assert "503" in turned.problem.detail
