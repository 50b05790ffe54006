"""A contender: something that does a work as often as it can, for so many seconds and clients."""

from typing import Protocol

from msgspec import Struct

YARDSTICK = "pgbench"


class Contender(Protocol):
    """What can be measured."""

    name: str

    async def run(self, clients: int, seconds: float) -> float:
        """Work for some seconds; return how often a second it was done."""
        ...


class Work(Struct, frozen=True):
    """What is measured: who does it, at how many clients, and whom the others are related to."""

    name: str
    yardstick: str
    clients: tuple[int, ...]
    contenders: tuple[Contender, ...]
