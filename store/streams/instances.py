"""Instances: each is a stream of its own."""

from typing import TypeAlias

from astrolabe.domain.instances.identity import named
from astrolabe.domain.recorded import Recorded
from astrolabe.domain.upgrades.commands import Command
from astrolabe.domain.upgrades.decider import INSTANCE_DECIDER
from astrolabe.domain.upgrades.events import Event
from astrolabe.domain.upgrades.identity_of import identity_of
from astrolabe.domain.upgrades.states import State
from astrolabe.store.log.log import Log
from astrolabe.store.streams.stream import ClaimsFor, LoadedStream, Streams

InstanceRecorded: TypeAlias = Recorded[Event]
Loaded: TypeAlias = LoadedStream[State, Event]
"""An instance as it is folded from its stream."""
InstanceClaims: TypeAlias = ClaimsFor[State, Event]


class Instances(Streams[Command, State, Event]):
    """All instances."""

    def __init__(self, log: Log) -> None:
        super().__init__(log, INSTANCE_DECIDER, "instance", identity_of=identity_of)

    async def named(self, name: str) -> str | None:
        """Find the instance that has a name at this moment; None where none has it."""
        return await self._log.holder(named(name))
