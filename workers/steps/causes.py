"""Causes: for whom a worker records something, and because of what."""

from astrolabe.domain.recorded import Cause
from astrolabe.domain.upgrades.events import UpgradeReviewed
from astrolabe.domain.upgrades.instance_row import upgrade_of
from astrolabe.store.streams.instances import InstanceRecorded, Loaded


class Causes:
    """Says for each record of one worker on one instance who asked for it."""

    def __init__(self, worker: str) -> None:
        self._worker: str = worker
        self._asked: InstanceRecorded | None = None
        self._looked_through: int = 0

    def of(self, loaded: Loaded, because: str | None = None) -> Cause:
        """Return the cause of what comes next: whoever asked last, or the worker itself because of something else."""
        asked = self._last_asked(loaded.history)
        by = asked.cause if asked and because is None else Cause(self._worker, because or "nobody asked", "")
        return Cause(
            actor=by.actor,
            reason=by.reason,
            source=f"worker/{self._worker}",
            causation_id=loaded.history[-1].event_id if loaded.history else None,
            correlation_id=upgrade_of(loaded.state),
        )

    def _last_asked(self, history: tuple[InstanceRecorded, ...]) -> InstanceRecorded | None:
        """Find who asked last; what was looked through for one record is not for the next."""
        new = history[self._looked_through :]
        self._asked = next((each for each in reversed(new) if _asks(each)), self._asked)
        self._looked_through = len(history)
        return self._asked


def _asks(recorded: InstanceRecorded) -> bool:
    # Whoever reviews afterwards asks for nothing.
    return not (recorded.cause.source.startswith("worker/") or isinstance(recorded.event, UpgradeReviewed))
