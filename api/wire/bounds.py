"""Bounds: how many connections there may be, and which of them gives way to a new one."""

import resource
from typing import Final, Protocol, Self

OTHER_FILES: Final = 256
"""Open files that are no connections: the database's pool, listeners, what was just accepted, and a reserve."""
MOST_CONNECTIONS: Final = 8192
FEWEST_CONNECTIONS: Final = 64
RESERVED_SHARE: Final = 8
"""One in so many connections is kept for those who ask whether this process lives, and can work."""


class Waiting(Protocol):
    """A connection on which no request is being answered."""

    def give_way(self) -> None:
        """End at once."""
        ...


class Bounds:
    """The connections of one server, in the order in which they began to wait for a request."""

    def __init__(self, most: int) -> None:
        self.most: int = most
        self._waiting: dict[Waiting, None] = {}
        self._answering: set[Waiting] = set()

    @classmethod
    def of_this_process(cls) -> Self:
        """Leave to connections what the process may open besides its own files."""
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        most = MOST_CONNECTIONS if files == resource.RLIM_INFINITY else files - OTHER_FILES
        return cls(max(FEWEST_CONNECTIONS, min(MOST_CONNECTIONS, most)))

    @property
    def crowded(self) -> bool:
        """Return whether what is left is kept for those who ask whether this process lives, and can work."""
        return len(self._answering) >= self.most - self.most // RESERVED_SHARE

    def wait(self, connection: Waiting) -> None:
        """Take in a connection that waits for a request; where there are too many, who waits longest gives way."""
        self._answering.discard(connection)
        self._waiting[connection] = None
        if len(self._waiting) + len(self._answering) > self.most:
            next(iter(self._waiting)).give_way()

    def answer(self, connection: Waiting) -> None:
        """Note that a request has come whole and is being answered."""
        self._waiting.pop(connection, None)
        self._answering.add(connection)

    def forget(self, connection: Waiting) -> None:
        """Note that a connection has ended."""
        self._waiting.pop(connection, None)
        self._answering.discard(connection)
