"""The runner: carries out one scenario after the other in a house, and has each judged."""

import shutil
import time
from pathlib import Path
from typing import Final

from msgspec import Struct
from typing_extensions import override

from astrolabe.domain.upgrades.states import Idle, Inconsistent
from tests.chaos.checker import Violation, violations
from tests.chaos.evidence import Evidence
from tests.chaos.house import House
from tests.chaos.judging.writes import acknowledged, missing
from tests.chaos.log_check import LogChecker
from tests.chaos.run import Run
from tests.chaos.scenario import Blow, Scenario
from tests.chaos.site import Site
from tests.standin.releases import NAME


class Ended(Struct, frozen=True):
    """How a run ended: what befell it, what is broken, how long it took and each takeover, in seconds."""

    scenario: Scenario
    struck: tuple[Blow, ...]
    evidence: Evidence
    violations: tuple[Violation, ...]
    seconds: float
    takeovers: tuple[float, ...]

    @override
    def __str__(self) -> str:
        """Write it on one line."""
        state = self.evidence.stream.state
        at = f" at {state.instance.version}" if isinstance(state, Idle | Inconsistent) else ""
        written, gone = len(acknowledged(self.evidence)), len(missing(self.evidence))
        left = f", {gone} left behind" if gone else ""
        return f"{type(state).__name__.lower()}{at}, {written} writes{left}, {self.seconds:.1f} s"


class Runner:
    """Carries out scenarios in one house."""

    def __init__(self, house: House) -> None:
        self._house: Final = house
        self._check: Final = LogChecker(house)

    async def __call__(self, scenario: Scenario) -> Ended:
        """Carry out a scenario and judge it."""
        began = time.monotonic()
        if scenario.unpulled:
            _unpull(self._house.data.folder, scenario.target.version)
        making = Site.made(
            self._house,
            scenario.target.product,
            supervised=scenario.supervised,
            cutover=scenario.cutover,
            settings=scenario.settings,
            patience_seconds=scenario.patience_seconds,
        )
        async with making as site:
            run = Run(self._house, site, scenario)
            try:
                evidence = await run.carry_out(self._check)
            finally:
                await self._house.mend()
            # Workers would look at it for ever, and at every other one that is gone.
            await self._house.person.retire(site.config.name)
        seconds = time.monotonic() - began
        return Ended(scenario, tuple(run.struck), evidence, tuple(violations(evidence)), seconds, run.takeovers())


def _unpull(host: Path, version: str) -> None:
    """Take a release off the host, so that it must be fetched."""
    for path in (host / "artifacts" / NAME).glob(f"{version}-*"):
        shutil.rmtree(path, ignore_errors=True)
