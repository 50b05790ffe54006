"""The plan that is shown before is the plan that is recorded: what the host knows is only filled in."""

import re
from itertools import zip_longest

from msgspec.structs import replace

from astrolabe.domain.kinds.registry import KINDS
from astrolabe.domain.plans.approval import ApprovalPolicy
from astrolabe.domain.plans.plan import PlannedCommand
from astrolabe.domain.products.release import Release
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from tests.world import World

WAY = ("1.1.0", "2.0.0", "2.1.0")


async def test_what_is_shown_before_is_what_preflight_plans(standin: World) -> None:
    """Over a required stop, command by command and word by word."""
    standin.host.products[standin.config.product] = replace(
        standin.product, release=(Release("2.0.0", "A stop.", required_stop=True), Release("2.1.0", "More."))
    )
    await standin.reconfigure(approvals=ApprovalPolicy("always"))
    await standin.unpull("2.1.0")
    present = [each for each in WAY if await standin.driver.has(await standin.artifact(each))]
    loaded = await standin.upgrade("2.1.0")
    assert isinstance(loaded.state, s.Waiting)
    recorded = (await standin.one(e.PreflightPassed)).plan.commands
    config = standin.config
    if config.database:
        config = replace(config, database=replace(config.database, host=standin.database_host))
    every = KINDS[config.kind].plan(config, standin.product, WAY)
    shown = [each for each in every if each.step != "pull" or not any(v in " ".join(each.argv) for v in present)]
    assert {"pull", "verify"} <= {each.step for each in shown}
    for known, unknown in zip_longest(recorded, shown):
        assert known.step == unknown.step
        _fills_in(standin, known, unknown)


def _fills_in(standin: World, known: PlannedCommand, unknown: PlannedCommand) -> None:
    """Compare what follows the program, which may be several words for one, such as Node and npm's script."""
    _, *words = unknown.argv
    for was, word in zip(known.argv[len(known.argv) - len(words) :], words, strict=True):
        assert re.fullmatch(_pattern(standin, word), was), (known, unknown)


def _pattern(standin: World, word: str) -> str:
    # An artifact's folder and its image are named by its hash as well, once that is known.
    folder = re.escape(str(standin.host.folder.resolve()))
    pattern = re.escape(word).replace(re.escape("$ASTROLABE_DATA"), folder).replace("INSTANCE", standin.instance_id)
    return re.sub(r"(?<=\d)(/|$)", r"([@-][\\w:-]+)?\1", pattern.replace("UPGRADE", "[0-9a-f_-]+"))
