"""The queue between Dramatiq's consumers and its threads, which wait in it for as long as nothing comes."""

from queue import Empty, PriorityQueue
from typing import Any

from typing_extensions import override

GOING_SECONDS = 0.01
"""How long a thread waits in a queue that has ended: it may have to hear first that it is to stop."""


class WorkQueue(PriorityQueue[Any]):
    """Wakes all threads when it ends, so that none must look by itself whether it is to stop.

    None misses that: the end is set under the lock that a thread holds from its last look at the queue until it waits.
    """

    def __init__(self) -> None:
        super().__init__()
        self._ended: bool = False

    @override
    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Return what comes first; raises Empty after some seconds, and at once where the queue has ended."""
        with self.not_empty:
            if block and self._ended and not self._qsize():
                self.not_empty.wait(GOING_SECONDS)
            elif block:
                self.not_empty.wait_for(self._awaited, timeout)
            if not self._qsize():
                raise Empty
            return self._get()

    def end(self) -> None:
        """Let nobody wait any more."""
        with self.not_empty:
            self._ended = True
            self.not_empty.notify_all()

    def _awaited(self) -> bool:
        return self._qsize() > 0 or self._ended
