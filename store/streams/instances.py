"""Instances: load one by folding its stream, and carry a command through decide to the log."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeAlias, cast

from msgspec import Struct
from msgspec.structs import replace

from astrolabe.domain.problem import Refused
from astrolabe.domain.recorded import Cause, Recorded
from astrolabe.domain.upgrades.commands import Command
from astrolabe.domain.upgrades.decide import decide
from astrolabe.domain.upgrades.events import Event
from astrolabe.domain.upgrades.evolve import replay
from astrolabe.domain.upgrades.states import Absent, State
from astrolabe.store.errors import Conflict
from astrolabe.store.log.batch import Claim
from astrolabe.store.log.entry import AnyRecorded
from astrolabe.store.log.log import Log

InstanceRecorded: TypeAlias = Recorded[Event]

ATTEMPTS = 16
"""How often a command is decided anew when others keep appending first."""


class Loaded(Struct, frozen=True):
    """An instance as its stream tells it."""

    instance_id: str
    state: State
    version: int
    history: tuple[InstanceRecorded, ...]


REMEMBERED = 4096
"""How many instances' states are kept; of those only what came since is read and folded."""

ClaimsFor: TypeAlias = Callable[[Loaded], Sequence[Claim]]


class WrongVersion(Exception):  # noqa: N818  an answer, not a fault
    """The caller expected another version of the stream."""

    def __init__(self, version: int) -> None:
        super().__init__(f"the stream is at version {version}")
        self.version: int = version


class Instances:
    """All instances, each a stream of the log."""

    def __init__(self, log: Log) -> None:
        self._log: Log = log
        self._known: OrderedDict[str, Loaded] = OrderedDict()

    async def current(self, instance_id: str) -> Loaded:
        """Return an instance as it is now, without its history; what was folded before is not folded again."""
        loaded = await self.refresh(self._known.get(instance_id) or fold(instance_id, ()))
        return self._remember(loaded)

    def _remember(self, loaded: Loaded) -> Loaded:
        bare = replace(loaded, history=())
        known = self._known.pop(loaded.instance_id, bare)
        self._known[loaded.instance_id] = bare if bare.version > known.version else known
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return bare

    async def load(self, instance_id: str) -> Loaded:
        """Fold an instance's whole stream."""
        return fold(instance_id, await self._log.read_stream(instance_id))

    async def load_at(self, instance_id: str, *, position: int | None = None, time: datetime | None = None) -> Loaded:
        """Fold an instance's stream as it stood at a position of the log or a time of the database's clock."""
        return fold(instance_id, await self._log.read_stream_at(instance_id, position=position, time=time))

    async def refresh(self, loaded: Loaded) -> Loaded:
        """Fold what was appended since."""
        return extend(loaded, await self._log.read_stream(loaded.instance_id, loaded.version))

    async def execute(
        self,
        loaded: Loaded,
        command: Command,
        cause: Cause,
        *,
        if_match: int | None = None,
        fence: int | None = None,
        claims: ClaimsFor | None = None,
    ) -> Loaded:
        """Decide a command and append what follows; where somebody else was first, decide anew on what is then so.

        `claims` is told the instance as it will be. Raises Refused, WrongVersion, StaleFence, AlreadyClaimed.
        """
        for _ in range(ATTEMPTS):
            if if_match is not None and loaded.version != if_match:
                raise WrongVersion(loaded.version)
            events = decide(command, loaded.state)
            if not events:
                return loaded
            try:
                appended = await self._log.append(
                    loaded.instance_id,
                    loaded.version,
                    events,
                    cause,
                    fence=fence,
                    claims=claims(_after(loaded, events)) if claims else (),
                )
            except Conflict:
                loaded = await self.refresh(loaded)
            else:
                loaded = extend(loaded, appended)
                if loaded.instance_id in self._known:
                    self._remember(loaded)
                return loaded
        raise Refused("contended", "Too many others change this instance at this moment; try again.")


def _after(loaded: Loaded, events: Sequence[Event]) -> Loaded:
    return Loaded(loaded.instance_id, replay(events, loaded.state), loaded.version + len(events), ())


def fold(instance_id: str, history: Sequence[AnyRecorded]) -> Loaded:
    """Fold a history from the beginning."""
    return extend(Loaded(instance_id, Absent(), 0, ()), history)


def extend(loaded: Loaded, more: Sequence[AnyRecorded]) -> Loaded:
    """Fold further events onto what is loaded."""
    if not more:
        return loaded
    told = cast("Sequence[InstanceRecorded]", more)
    state = replay((each.event for each in told), loaded.state)
    return Loaded(loaded.instance_id, state, told[-1].version, loaded.history + tuple(told))
