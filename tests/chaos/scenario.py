"""Scenarios: what happens in a run, drawn from its seed and from nothing else."""

from random import Random
from typing import Final, Literal

from msgspec import Struct
from typing_extensions import override

from astrolabe.domain.instances.instance import InstanceConfig
from tests.chaos.faults import BLOWS, FAULTS, Fault
from tests.chaos.moment import ALWAYS, BEFORE_STOP, Moment
from tests.chaos.target import TARGETS, Target
from tests.chaos.writers import GATEWAY, PSQL, SERVICE

DELAYS_MS: Final = (0, 0, 30, 150, 500, 1200)
FURTHER: Final = 0.35
"""How likely another blow is after each."""
MOST_BLOWS: Final = 3
WRITES_BESIDE: Final = 0.3
"""How likely each of the writers that go past the gateway is."""
UNPULLED: Final = 0.3
PATIENCE_SECONDS: Final = 4

NOTHING: Final = frozenset[str]()

Then = Literal["nothing", "retry", "roll back if nothing is lost", "roll back whatever is lost"]
AFTER_SUCCESS: Final[tuple[Then, ...]] = ("nothing", "roll back if nothing is lost", "roll back whatever is lost")
AFTER_FAILURE: Final[tuple[Then, ...]] = ("nothing", "retry")


class Blow(Struct, frozen=True):
    """A fault and its moment."""

    fault: str
    moment: Moment

    @override
    def __str__(self) -> str:
        """Write it as a person wants it."""
        return self.fault if self.moment.event == ALWAYS else f"{self.fault} at {self.moment}"


class Scenario(Struct, frozen=True):
    """A run: the release that is wanted, who writes meanwhile, what befalls it, and what is asked for afterwards."""

    seed: int
    target: Target
    writers: tuple[str, ...]
    blows: tuple[Blow, ...]
    then: Then
    settings: dict[str, str]
    unpulled: bool
    """Whether the release must be fetched."""
    cutover: str | None = None
    patience_seconds: int = PATIENCE_SECONDS

    @override
    def __str__(self) -> str:
        """Write it on one line."""
        beside = "".join(f", {each} writes" for each in self.writers if each != GATEWAY)
        how = f", cutover {self.cutover}" if self.cutover else ""
        then = "" if self.then == "nothing" else f"; then {self.then}"
        return f"{self.target.version}{how}: {'; '.join(map(str, self.blows))}{beside}{then}"

    @property
    def faults(self) -> tuple[Fault, ...]:
        """List what befalls it."""
        return tuple(FAULTS[each.fault] for each in self.blows)

    @property
    def hindered(self) -> bool:
        """Whether something befalls it that an upgrade may fail by."""
        return any(each.hinders for each in self.faults)

    @property
    def supervised(self) -> bool:
        """Whether somebody starts the old version again and again."""
        return any(each.name == "supervisor" for each in self.faults)

    @property
    def twinned(self) -> bool:
        """Whether a second instance is registered for the same place."""
        return any(each.name == "twin" for each in self.faults)


def scenario(seed: int, without: frozenset[str] = NOTHING) -> Scenario:
    """Draw the scenario of a seed; `without` names faults and writers that are left out."""
    chance = Random(seed)  # noqa: S311  chance, no secret
    first = _first(seed, without)
    target = chance.choices(TARGETS, [each.weight for each in TARGETS])[0]
    slow = str(chance.choice((300, 900, 1800)))
    doctor = "2500" if first.name == "slow doctor" else chance.choice(("0", "0", "400"))
    return Scenario(
        seed,
        target,
        (GATEWAY, *(each for each in (SERVICE, PSQL) if chance.random() < WRITES_BESIDE and each not in without)),
        _blows(chance, first, target, without),
        chance.choice(AFTER_SUCCESS if target.good and first.name != "cancel" else AFTER_FAILURE),
        {"STANDIN_SLOW_MS": slow, "STANDIN_DOCTOR_MS": doctor},
        chance.random() < UNPULLED,
        _cutover(chance),
    )


def _first(seed: int, without: frozenset[str]) -> Fault:
    """Let seeds that follow one another have every fault in turn, in an order of chance."""
    names = [name for name in FAULTS if name not in without]
    turn, place = divmod(seed, len(names))
    Random(turn).shuffle(names)  # noqa: S311  chance, no secret
    return FAULTS[names[place]]


def _blows(chance: Random, first: Fault, target: Target, without: frozenset[str]) -> tuple[Blow, ...]:
    blows = [Blow(first.name, _moment(chance, target) if first.strike else Moment(ALWAYS))]
    others = [name for name in BLOWS if name not in without]
    while first.name != "nothing" and len(blows) < MOST_BLOWS and chance.random() < FURTHER:
        blows.append(Blow(chance.choice(others), _moment(chance, target)))
    return tuple(blows)


def _moment(chance: Random, target: Target) -> Moment:
    weights = [1 if place in BEFORE_STOP else 2 for place in target.way]
    return Moment(chance.choices(target.way, weights)[0], chance.choice(DELAYS_MS))


def _cutover(chance: Random) -> str | None:
    wanted = chance.choice(("verified", "verified", "at-once"))
    return wanted if "cutover" in InstanceConfig.__struct_fields__ else None
