"""Wrong tokens: how many an address may send in a while before it has to wait."""

import time
from collections.abc import Callable
from typing import Final

MOST: Final = 100
"""Wrong tokens that an address may send in a window."""
WINDOW_SECONDS: Final = 60.0
MOST_ADDRESSES: Final = 10_000
"""Addresses that are remembered; whoever came first is forgotten first."""


class WrongTokens:
    """What addresses sent; a token that is right is never held up, for many callers may share an address."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock: Callable[[], float] = clock
        self._sent: dict[str, tuple[float, int]] = {}

    def too_many(self, address: str) -> bool:
        """Count a wrong token; return whether it was one too many."""
        now = self._clock()
        began, sent = self._sent.get(address, (now, 0))
        if now - began >= WINDOW_SECONDS:
            began, sent = now, 0
            self._sent.pop(address)
        self._sent[address] = began, sent + 1
        if len(self._sent) > MOST_ADDRESSES:
            self._sent.pop(next(iter(self._sent)))
        return sent >= MOST
