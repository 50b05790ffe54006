"""Cases: what befalls an upgrade, whoever carries it out: a person who types a page's commands, or Astrolabe."""

from typing import Final

from msgspec import Struct

from tests.chaos.moment import ALWAYS, Moment
from tests.chaos.scenario import Blow, Scenario
from tests.chaos.target import TARGETS
from tests.chaos.writers import GATEWAY, SERVICE

SETTINGS: Final = {"STANDIN_SLOW_MS": "1800", "STANDIN_DOCTOR_MS": "0"}
LATER_MS: Final = 500
AFTER_STEPS: Final = {"stopped": "instance_stopped", "started": "migration_started"}
"""What follows a step that was typed, and the event that it follows where nobody types."""


class Case(Struct, frozen=True):
    """A release, who writes, and a fault with the step that it comes after; a supervisor is there all the time."""

    what: str
    version: str
    fault: str = "nothing"
    step: str = ""
    service: bool = False

    @property
    def supervised(self) -> bool:
        """Whether somebody starts the old version again and again."""
        return self.fault == "supervisor"

    @property
    def writers(self) -> tuple[str, ...]:
        """Name who writes."""
        return (GATEWAY, SERVICE) if self.service else (GATEWAY,)

    @property
    def scenario(self) -> Scenario:
        """The same for Astrolabe."""
        target = next(each for each in TARGETS if each.version == self.version)
        moment = Moment(AFTER_STEPS[self.step], LATER_MS) if self.step else Moment(ALWAYS)
        fault = "worker killed" if self.fault == KILLED else self.fault
        blows = (Blow(fault, moment),)
        return Scenario(0, target, self.writers, blows, "nothing", SETTINGS, unpulled=False, cutover="verified")


KILLED: Final = "killed"
"""Who carries it out is killed: the script, which is then typed again from its first line, or the worker."""

CASES: Final = (
    Case("nothing", "1.3.0"),
    Case("nothing, and a second service writes", "1.3.0", service=True),
    Case("its migration fails half way", "1.2.0"),
    Case("it is never healthy", "1.4.0"),
    Case("its own doctor finds it sick", "1.6.0"),
    Case("its own doctor finds it sick, and a second service writes", "1.6.0", service=True),
    Case("a loop keeps the old version running", "1.3.0", "supervisor"),
    Case("the database's server crashes while it migrates", "1.3.0", "database crashed", "started"),
    Case("the database's disk is full while it migrates", "1.3.0", "database disk full", "started"),
    Case("whoever is at it is killed once the old version is stopped", "1.3.0", KILLED, "stopped"),
    Case("whoever is at it is killed while it migrates", "1.3.0", KILLED, "started"),
)
