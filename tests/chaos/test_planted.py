"""The checker is proven by real upgrades with a bug planted in our workers: it finds each, and nothing without one."""

from pathlib import Path

import pytest

from tests.chaos.house import House
from tests.chaos.moment import ALWAYS, Moment
from tests.chaos.planted import BUGS
from tests.chaos.runner import Runner
from tests.chaos.scenario import Blow, Scenario
from tests.chaos.target import TARGETS
from tests.chaos.writers import GATEWAY
from tests.standin.releases import packages

pytestmark = pytest.mark.chaos

FINDS = {
    "lost-write": {"lost-write"},
    "doubled-effect": {"doubled-effect"},
    "lost-event": {"lost-event", "log-order"},
}
"""The rules that each bug breaks."""

QUIET = Scenario(0, TARGETS[0], (GATEWAY,), (Blow("nothing", Moment(ALWAYS)),), "nothing", {}, unpulled=False)
"""A good release among writes, and nothing befalls it."""


async def broken_rules(modules: Path, bug: str | None) -> set[str]:
    """Upgrade a real gateway with a bug in our workers; return the rules that are found to be broken."""
    async with House.open(packages(modules), bug) as house:
        ended = await Runner(house)(QUIET)
    assert len(ended.evidence.acknowledged[GATEWAY]) > 10, "there was nothing to lose"
    return {each.rule for each in ended.violations}


async def test_nothing_is_found_where_nothing_is_wrong(standin_modules: Path) -> None:
    """An upgrade that nothing befalls keeps every promise."""
    assert await broken_rules(standin_modules, None) == set()


@pytest.mark.parametrize("bug", BUGS)
async def test_a_planted_bug_is_found(standin_modules: Path, bug: str) -> None:
    """Whatever a planted bug breaks is named by its rule."""
    assert await broken_rules(standin_modules, bug) >= FINDS[bug]
