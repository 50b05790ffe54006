"""Folding: whole streams into the rows of the list views; it loads no more than a process needs that does only that."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias, cast

from astrolabe.domain.upgrades.evolve import evolve
from astrolabe.domain.upgrades.instance_row import InstanceRow, instance_row
from astrolabe.domain.upgrades.states import Absent, State
from astrolabe.domain.upgrades.upgrade_row import UpgradeRow, upgrade_row
from astrolabe.store.log.entry import AnyRecorded

if TYPE_CHECKING:
    from astrolabe.store.streams.instances import InstanceRecorded

Rows: TypeAlias = tuple[list[InstanceRow], list[UpgradeRow]]


class RowsFold:
    """Folds one stream after another; only the rows of those that ended are kept."""

    def __init__(self) -> None:
        self._rows: Rows = ([], [])
        self._last: InstanceRecorded | None = None
        self._state: State = Absent()
        self._upgrades: dict[str, UpgradeRow] = {}

    def take(self, events: Iterator[AnyRecorded]) -> None:
        """Take the next events."""
        for each in events:
            recorded = cast("InstanceRecorded", each)
            if self._last and recorded.stream_id != self._last.stream_id:
                self._end()
            self._state = evolve(self._state, recorded.event)
            fold_upgrade(self._upgrades, recorded)
            self._last = recorded

    def end(self) -> Rows:
        """Return the rows of all instances, and of all upgrades."""
        self._end()
        return self._rows

    def _end(self) -> None:
        if self._last and (row := instance_row(self._state, self._last)):
            self._rows[0].append(row)
        self._rows[1].extend(self._upgrades.values())
        self._last, self._state, self._upgrades = None, Absent(), {}


def fold_upgrade(rows: dict[str, UpgradeRow], recorded: "InstanceRecorded") -> None:
    """Fold an event into the row of its upgrade, where it has one."""
    upgrade_id: str | None = getattr(recorded.event, "upgrade_id", None)
    if upgrade_id and (row := upgrade_row(rows.get(upgrade_id), recorded)):
        rows[upgrade_id] = row
