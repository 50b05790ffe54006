"""Patience: no single question that fails takes an upgrade back, and what still progresses is no failure."""

import pytest

from astrolabe.domain.plans.plan import Artifact, Check
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.steps import verify
from astrolabe.workers.steps.context import StepContext
from tests.databases import run
from tests.drivers.prober import Prober
from tests.hooked import upgrade
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


async def test_a_server_that_is_away_for_a_moment_takes_nothing_back(
    standin: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database takes no connections when the new version is verified: it is asked again, and found well."""
    asked, turned_away = verify.checks_of, []

    async def until_let_in(context: StepContext, artifact: Artifact) -> list[Check]:
        try:
            return await asked(context, artifact)
        except StepFailed as failure:
            turned_away.append(failure.problem.code)
            await run(standin.server, f"ALTER ROLE {standin.database} CONNECTION LIMIT -1")
            raise

    monkeypatch.setattr(verify, "checks_of", until_let_in)
    full = f"ALTER ROLE {standin.database} CONNECTION LIMIT 0"
    loaded = await upgrade(standin, "2.0.0", MigrationFinished=lambda: run(standin.server, full))
    assert turned_away == ["database-unreachable"]
    assert isinstance(loaded.state, s.Idle)
    assert await standin.running() == "2.0.0"
    assert not any(isinstance(each, e.RollbackStarted) for each in await standin.told())
