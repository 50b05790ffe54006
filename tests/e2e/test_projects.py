"""Real products as compose projects, their images made of what their registry serves: upgraded, failed, taken back."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from astrolabe.cli.private_engine import own
from astrolabe.workers.programs import shell
from bench.products import Proven, keep
from tests.lacking import lacks
from tests.projects.play import Played
from tests.projects.recipes import RECIPES

pytestmark = pytest.mark.products

SABOTAGE = "its migrations were kept from changing any table, by an event trigger"


def _marked(name: str) -> object:
    mark = pytest.mark.product(f"{name}-compose", in_ci=False)  # it takes minutes and gigabytes
    return pytest.param(name, marks=mark, id=f"{name}-compose")


@pytest.mark.timeout(1800)  # two trees come over the network, and an engine unpacks two images
@pytest.mark.parametrize("name", [_marked(name) for name in RECIPES])
async def test_a_real_project_is_adopted_upgraded_and_taken_back(
    name: str, pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    """A sabotaged upgrade goes back by itself, the upgrade and the way back hold, and what its user wrote is there."""
    if why := own.lacking():
        lacks(f"no container engine: {why}")
    recipe = RECIPES[name]
    trees = pytestconfig.cache.mkdir(f"projects-{name}")  # beside the engine there is no network
    for version in (recipe.old, recipe.new):
        if not (trees / version).exists():
            partly = trees / f"{version}.part"
            await recipe.fetch(partly, version)
            partly.rename(trees / version)
    command = [sys.executable, "-m", "tests.projects", name, str(trees), str(tmp_path / "play")]
    ended = await shell.run(own.beside(command), env=dict(os.environ), deadline=1500, check=False)
    assert ended.returncode == 0, f"{ended.stdout[-20_000:]}\n{ended.stderr[-10_000:]}"
    parts = msgspec.json.decode(ended.stdout.splitlines()[-1], type=list[Played])
    assert [(each.part, each.outcome) for each in parts] == [
        ("adopted", "found"),
        ("failure", "rolled_back"),
        ("upgrade", "succeeded"),
        ("rollback", "rolled_back"),
    ]
    failure, upgrade, rollback = (each.downtime_ms for each in parts[1:])
    assert None not in (failure, upgrade, rollback)
    times, day = (failure or 0, upgrade or 0, rollback or 0), f"{datetime.now(UTC):%Y-%m-%d}"
    keep(Proven(f"{name}-compose", recipe.old, recipe.new, times, recipe.on, day, SABOTAGE, recipe.uncovered))
