"""A decider: what a kind of stream is, as a beginning and two pure functions."""

from collections.abc import Callable, Iterable
from functools import reduce
from typing import Generic, TypeVar

from msgspec import Struct

CommandT = TypeVar("CommandT")
StateT = TypeVar("StateT")
EventT = TypeVar("EventT")


class Decider(Struct, Generic[CommandT, StateT, EventT], frozen=True):
    """Where a stream begins, which events follow from a command, and which state an event leads to.

    `decide` raises Refused where a command makes no sense, and returns nothing where it asks for what is so; `evolve`
    never refuses.
    """

    initial: StateT
    decide: Callable[[CommandT, StateT], tuple[EventT, ...]]
    evolve: Callable[[StateT, EventT], StateT]

    def replay(self, events: Iterable[EventT], start: StateT | None = None) -> StateT:
        """Fold events into the state they lead to."""
        return reduce(self.evolve, events, self.initial if start is None else start)
