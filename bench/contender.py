"""A contender: something that appends as many rows as it can, for so many seconds and clients."""

from typing import Protocol

YARDSTICK = "pgbench"


class Contender(Protocol):
    """What can be measured."""

    name: str

    async def run(self, clients: int, seconds: float) -> float:
        """Append for some seconds; gives appends a second."""
        ...
