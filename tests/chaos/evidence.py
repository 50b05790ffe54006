"""Evidence: all that the checker judges by, gathered once nothing moves any more."""

from collections.abc import Mapping

from msgspec import Struct

from astrolabe.domain.upgrades.states import State
from astrolabe.store.streams.instances import InstanceRecorded
from tests.chaos.scenario import Scenario


class Stream(Struct, frozen=True):
    """An instance's stream: as it is in the log at the end, and as it was seen to grow."""

    state: State
    stored: tuple[InstanceRecorded, ...]
    seen: tuple[InstanceRecorded, ...]


class Rows(Struct, frozen=True):
    """What a database of the instance holds: the names of its items in lower case, with how many rows have each."""

    items: Mapping[str, int]
    migrations: frozenset[str]
    repeated: int = 0
    """Rows that only a migration which ran twice can have left."""


class Gateways(Struct, frozen=True):
    """What runs: the processes that serve, and what the one at the instance's port answers."""

    pids: tuple[int, ...]
    version: str | None
    takes_writes: bool


class LogCheck(Struct, frozen=True):
    """What was found of the whole log: faults of its order, and of its audit trail."""

    order: tuple[str, ...] = ()
    audit: tuple[str, ...] = ()


class Evidence(Struct, frozen=True):
    """Everything of one run."""

    scenario: Scenario
    acknowledged: Mapping[str, tuple[str, ...]]
    """What each writer was told that it has written."""
    stream: Stream
    live: Rows | None
    """The database that the instance has; None where there is none of its name."""
    kept: Mapping[str, Rows]
    """The other databases of the instance that can be looked into."""
    databases: frozenset[str]
    """All databases beside the live one."""
    dumps: frozenset[str]
    gateways: Gateways
    log: LogCheck
    twin: Stream | None = None
    viewed: str = ""
    """What the list of upgrades says of the last one."""
    repeated_starts: tuple[str, ...] = ()
    """Starts that left more than one beginning in their log, and migrations that ran twice in one attempt."""
    stuck: str = ""
    """What was waited for in vain."""
    notes: tuple[str, ...] = ()
