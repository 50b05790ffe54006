"""The context of a step: all that it is given, and that does not change while it is carried out."""

from dataclasses import dataclass
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.under_way import Isolation
from astrolabe.workers.instance.host import Host
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.driver import Driver
from astrolabe.workers.steps.recorder import Recorder, Superseded, expect

S = TypeVar("S", bound=Struct)


@dataclass(frozen=True)
class StepContext:
    """The instance as a step finds it: its state, where it is on this host, what acts on it, and who records."""

    state: s.State
    site: Site
    driver: Driver
    recorder: Recorder

    def expect(self, *states: type[S]) -> S:
        """Return the state if it is one of these; raises Superseded where the log went another way."""
        return expect(self.state, *states)


def site_of(host: Host, instance_id: str, state: s.State) -> Site:
    """Return an instance as a host sees it while it is in a state."""
    if isinstance(state, s.Absent):
        raise Superseded("Absent")
    config = state.instance.config
    isolation = s.isolation_of(state) if isinstance(state, s.Touched) else Isolation()
    if isolation.database and config.database:
        config = replace(config, database=replace(config.database, name=isolation.database))
    if isolation.port:
        config = replace(config, port=isolation.port, address="127.0.0.1")
    if isinstance(state, s.Unversioned):
        return Site(host, instance_id, config)
    known = state.instance
    apart = isolation.port is not None or (config.port is None and isolation.database is not None)
    return Site(host, instance_id, config, apart, known.supervisor, known.user)
