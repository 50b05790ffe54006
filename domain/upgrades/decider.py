"""The decider of an instance's stream."""

from typing import Final

from astrolabe.domain.decider import Decider
from astrolabe.domain.upgrades.commands import Command
from astrolabe.domain.upgrades.decide import decide
from astrolabe.domain.upgrades.events import Event
from astrolabe.domain.upgrades.evolve import evolve
from astrolabe.domain.upgrades.states import Absent, State

INSTANCE_DECIDER: Final[Decider[Command, State, Event]] = Decider(Absent(), decide, evolve)
