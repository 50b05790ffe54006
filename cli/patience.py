"""Patience: how long a command that waits goes on while the API is away, as it is during a restart."""

import time
from collections.abc import Callable
from typing import TypeVar

from astrolabe.cli.failure import CommandError

SECONDS = 120.0
"""How long the API may be away."""
PAUSE_SECONDS = 1.0

T = TypeVar("T")


class UnreachableError(CommandError):
    """An API that does not answer, or cannot work at the moment; it may help to ask again."""


class Patience:
    """What is left of the time that the API may be away; it begins anew whenever the API was there."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds: float = seconds
        self._since: float | None = None

    def renew(self) -> None:
        """Note that the API is there."""
        self._since = None

    def wait(self, error: UnreachableError) -> None:
        """Wait a moment before the API is asked again; raises CommandError where it has been away for too long."""
        now = time.monotonic()
        since = self._since = now if self._since is None else self._since
        if now - since > self._seconds:
            raise CommandError(
                f"The API went away and did not come back within {self._seconds:g} seconds: {error}"
            ) from None
        time.sleep(PAUSE_SECONDS)

    def ask(self, question: Callable[[], T]) -> T:
        """Ask until the API answers; what it refuses is raised at once."""
        while True:
            try:
                answer = question()
            except UnreachableError as error:
                self.wait(error)
            else:
                self.renew()
                return answer
