"""Shared questions: what callers ask of the database at the same time is asked in one statement."""

import asyncio
from collections.abc import Awaitable, Callable, Generator, Hashable, Mapping, Sequence
from contextlib import contextmanager
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

FLIGHTS = 2
"""How many statements are under way at once."""


class Shared(Generic[K, V]):
    """Asks at once while nothing is under way, and together what comes meanwhile.

    Nobody is given an answer to a statement that was sent before they asked: what they read is as it is now.
    """

    def __init__(self, answers: Callable[[Sequence[K]], Awaitable[Sequence[V]]]) -> None:
        self._answers: Callable[[Sequence[K]], Awaitable[Sequence[V]]] = answers
        self._waiting: dict[K, list[asyncio.Future[V]]] = {}
        self._flights: int = 0
        self._boarding: asyncio.Handle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, key: K) -> V:
        """Return the answer to one question."""
        if not self._flights and self._boarding is None:
            with self._flight(1):
                (found,) = await self._answers([key])
            return found
        answer: asyncio.Future[V] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(answer)
        self._board()
        return await answer

    @contextmanager
    def _flight(self, many: int) -> Generator[None]:
        self._flights += 1
        try:
            yield
        finally:
            self._flights -= 1
            if self._waiting or many > 1:
                self._board()

    def _board(self) -> None:
        """Send what is asked after all that is ready now had its turn."""
        if self._boarding is None and self._flights < FLIGHTS:
            self._boarding = asyncio.get_running_loop().call_soon(self._take_off)

    def _take_off(self) -> None:
        self._boarding = None
        if self._waiting:
            asked, self._waiting = self._waiting, {}
            task = asyncio.create_task(self._fly(asked))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _fly(self, asked: Mapping[K, Sequence[asyncio.Future[V]]]) -> None:
        waiting = [answer for answers in asked.values() for answer in answers]
        with self._flight(len(waiting)):
            try:
                found = await self._answers(list(asked))
            except Exception as error:  # noqa: BLE001  the callers', who all wait for an answer
                for answer in _open(waiting):
                    answer.set_exception(error)
            else:
                for answers, value in zip(asked.values(), found, strict=True):
                    for answer in _open(answers):
                        answer.set_result(value)
            finally:
                for answer in waiting:
                    answer.cancel()


def _open(answers: Sequence[asyncio.Future[V]]) -> list[asyncio.Future[V]]:
    # Whoever was cancelled meanwhile waits no longer.
    return [answer for answer in answers if not answer.done()]
