"""States: what instances are, folded from their streams; it loads no more than that takes."""

from collections.abc import Iterator

from astrolabe.domain.upgrades.evolve import evolve
from astrolabe.domain.upgrades.states import Absent, State
from astrolabe.store.log.entry import AnyRecorded


class States:
    """Folds streams into the states of their instances, and counts the events."""

    def __init__(self) -> None:
        self._many: int = 0
        self._stream_id: str = ""
        self._state: State = Absent()

    def take(self, events: Iterator[AnyRecorded]) -> None:
        """Take the next events."""
        for each in events:
            if each.stream_id != self._stream_id:
                self._stream_id, self._state = each.stream_id, Absent()
            self._state = evolve(self._state, each.event)  # pyright: ignore[reportArgumentType]  tokens are left out
            self._many += 1

    def end(self) -> int:
        """Return how many there were."""
        return self._many
