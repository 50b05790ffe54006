"""The row of an instance in the list views: a pure function of its state, so that a rebuild gives the same."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from astrolabe.domain.recorded import Recorded
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.instance import Newcomer
from astrolabe.domain.upgrades.reconcile import ACTIONS, due_at
from astrolabe.domain.words import Outcome

InstanceStatus = Literal[
    "adopting", "unadopted", "idle", "awaiting_approval", "upgrading", "rolling_back", "inconsistent", "retired"
]


class InstanceRow(Struct, frozen=True):
    """An instance in a list."""

    instance_id: str
    """The instance's id, a UUID."""
    name: str
    """Its name."""
    product: str
    """The product that is deployed."""
    kind: str
    """How it is deployed."""
    host: str
    """The host that it runs on."""
    version: str | None
    """The version that the log believes to run; null before a worker found out."""
    status: InstanceStatus
    """What it is doing."""
    upgrade_id: str | None
    """The upgrade under way; null where none is."""
    due: str | None
    """What its host's worker is to do next, in a word; null where there is nothing to do."""
    due_at: datetime | None
    """When the next thing is due by time alone, such as the end of a retention; null where nothing waits for a time."""
    stream_version: int
    """How many events its stream has, which its ETag is made of."""
    updated_at: datetime
    """When its last event was recorded."""
    in_sync: bool | None = None
    """Whether what was last seen running is what the log says; null where nothing was seen since that changed."""
    last_outcome: Outcome | None = None
    """How its last upgrade ended; null before the first."""
    labels: dict[str, str] = {}
    """What lists and rights go by."""
    unobserved_since: datetime | None = None
    """Since when no worker can look at it; null where one can."""


STATUSES: dict[type[s.State], InstanceStatus] = {
    s.Absent: "idle",
    s.Adopting: "adopting",
    s.Unadopted: "unadopted",
    s.Withdrawn: "retired",
    s.Idle: "idle",
    s.Retired: "retired",
    s.Waiting: "awaiting_approval",
    s.Assessing: "rolling_back",
    s.RollingBack: "rolling_back",
    s.Resuming: "rolling_back",
    s.Restored: "rolling_back",
    s.Inconsistent: "inconsistent",
}
"""The status of all states in which no upgrade is under way forwards."""


def instance_status(state: s.State) -> InstanceStatus:
    """Say in one word what an instance is doing."""
    return STATUSES.get(type(state), "upgrading")


def instance_row(state: s.State, recorded: Recorded[e.Event]) -> InstanceRow | None:
    """Return the row of an instance after this event."""
    if isinstance(state, s.Absent):
        return None
    instance = state.instance
    known = None if isinstance(instance, Newcomer) else instance
    return InstanceRow(
        recorded.stream_id,
        instance.config.name,
        instance.config.product,
        instance.config.kind,
        instance.config.host,
        known.version if known else None,
        instance_status(state),
        upgrade_of(state),
        ACTIONS.get(type(state)),
        due_at(state),
        recorded.version,
        recorded.recorded_at,
        known.in_sync if known else None,
        known.last.outcome if known and known.last else None,
        instance.config.labels,
        known.unobserved.since if known and known.unobserved else None,
    )


def labels_of(state: s.State) -> dict[str, str] | None:
    """Return the labels of an instance; None where there is none."""
    return None if isinstance(state, s.Absent) else state.instance.config.labels


def upgrade_of(state: s.State) -> str | None:
    """Name the upgrade that is under way."""
    run = s.run_of(state)
    return run.upgrade_id if run else None
