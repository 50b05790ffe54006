"""Instances: each is a stream of its own."""

from typing import TypeAlias

from cachetools import LRUCache
from msgspec import Struct

from astrolabe.domain.instances.identity import named
from astrolabe.domain.recorded import Recorded
from astrolabe.domain.upgrades.commands import Command
from astrolabe.domain.upgrades.decider import INSTANCE_DECIDER
from astrolabe.domain.upgrades.events import Event
from astrolabe.domain.upgrades.identity_of import moved_to
from astrolabe.domain.upgrades.states import State
from astrolabe.store.log.log import Log, Place, StreamRead
from astrolabe.store.streams.stream import REMEMBERED, ClaimsFor, LoadedStream, Streams

InstanceRecorded: TypeAlias = Recorded[Event]
Loaded: TypeAlias = LoadedStream[State, Event]
"""An instance as it is folded from its stream."""
InstanceClaims: TypeAlias = ClaimsFor[State, Event]


class Instances(Streams[Command, State, Event]):
    """All instances."""

    def __init__(self, log: Log) -> None:
        super().__init__(log, INSTANCE_DECIDER, "instance", moved_to=moved_to)
        self._by_name: LRUCache[str, str] = LRUCache(REMEMBERED)

    async def named(self, name: str) -> str | None:
        """Find the instance that has a name at this moment; None where none has it."""
        return await self._log.holder(named(name))

    def sought(self, instance_id: str) -> "Sought":
        """Return what is to be read of an instance."""
        return Sought(self.known(instance_id))

    def sought_by_name(self, name: str) -> "Sought":
        """Return what is to be read of the instance that has a name at this moment."""
        return Sought(self.known(self._by_name.get(name, "")), name)

    def found(self, sought: "Sought", read: StreamRead) -> Loaded | None:
        """Return an instance as it was read, without its history; None where none has the name."""
        known = sought.known
        if sought.name is not None:
            if read.stream_id is None:
                return None
            self._by_name[sought.name] = read.stream_id
            known = known if known.stream_id == read.stream_id else self.fresh(read.stream_id)
        return self.continued(known, read.events)


class Sought(Struct, frozen=True):
    """An instance as far as it is known, sought by its id, or by a name."""

    known: Loaded
    name: str | None = None

    @property
    def place(self) -> Place:
        """Where it is read from."""
        return Place(self.known.stream_id or None, self.known.version, None if self.name is None else named(self.name))
