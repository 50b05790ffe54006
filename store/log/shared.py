"""Shared questions: what callers ask of the database at the same time is asked in one statement."""

import asyncio
from collections.abc import Awaitable, Callable, Generator, Hashable, Mapping, Sequence
from contextlib import contextmanager
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

MAX_IN_FLIGHT = 2
"""How many statements are under way at once."""


class Shared(Generic[K, V]):
    """Asks at once while nothing is under way, and together what comes meanwhile.

    Nobody is given an answer to a statement that was sent before they asked: what they read is as it is now.
    """

    def __init__(self, answers: Callable[[Sequence[K]], Awaitable[Sequence[V]]]) -> None:
        self._answers: Callable[[Sequence[K]], Awaitable[Sequence[V]]] = answers
        self._waiting: dict[K, list[asyncio.Future[V]]] = {}
        self._in_flight: int = 0
        self._scheduled: asyncio.Handle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, key: K) -> V:
        """Return the answer to one question."""
        if not self._in_flight and self._scheduled is None:
            with self._while_in_flight(1):
                (found,) = await self._answers([key])
            return found
        answer: asyncio.Future[V] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(answer)
        self._schedule()
        return await answer

    async def ask_all(self, keys: Sequence[K]) -> Sequence[V]:
        """Return the answers to several questions, all of one statement."""
        if not self._in_flight and self._scheduled is None:
            with self._while_in_flight(1):
                return await self._answers(keys)
        loop = asyncio.get_running_loop()
        answers = [loop.create_future() for _ in keys]
        for key, answer in zip(keys, answers, strict=True):
            self._waiting.setdefault(key, []).append(answer)
        self._schedule()
        return await asyncio.gather(*answers)

    @contextmanager
    def _while_in_flight(self, many: int) -> Generator[None]:
        self._in_flight += 1
        try:
            yield
        finally:
            self._in_flight -= 1
            if self._waiting or many > 1:
                self._schedule()

    def _schedule(self) -> None:
        """Send what is asked after all that is ready now had its turn."""
        if self._scheduled is None and self._in_flight < MAX_IN_FLIGHT:
            self._scheduled = asyncio.get_running_loop().call_soon(self._send_waiting)

    def _send_waiting(self) -> None:
        self._scheduled = None
        if self._waiting:
            asked, self._waiting = self._waiting, {}
            task = asyncio.create_task(self._send_batch(asked))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _send_batch(self, asked: Mapping[K, Sequence[asyncio.Future[V]]]) -> None:
        waiting = [answer for answers in asked.values() for answer in answers]
        with self._while_in_flight(len(waiting)):
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
