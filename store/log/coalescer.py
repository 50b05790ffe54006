"""The coalescer: concurrent appends of one process become one statement, and one flush of the disk keeps them all."""

import asyncio
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeAlias

import asyncpg

from astrolabe.store.database import Database
from astrolabe.store.log.batch import Append, Times, send
from astrolabe.store.outage import is_outage

PATIENCE_SECONDS = 0.05
"""How long a statement may be under way before the next goes beside it: it waits for a lock, not for the disk."""

MOST = 128
"""How many appends one statement carries at the most."""

Answer: TypeAlias = asyncio.Future[Times]


class Coalescer:
    """Sends an append at once while none is under way, and together with others what comes meanwhile."""

    def __init__(self, database: Database) -> None:
        self._database: Database = database
        self._waiting: dict[Answer, Append] = {}
        self._in_flight: int = 0
        self._names_in_flight: set[str] = set()
        self._soon: asyncio.Handle | None = None
        self._later: asyncio.Handle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def append(self, append: Append) -> Times:
        """Append all or none; return no times where the guard did not hold.

        Raises UniqueViolationError where the version or a claim was taken at this very moment. A caller that is
        cancelled takes its append out of what waits, and leaves it in a statement that carries others too.
        """
        if not self._in_flight and self._soon is None:
            self._start([append])
            with self._while_in_flight([append]):
                (times,) = await send(self._database, [append])
            return times
        answer: Answer = asyncio.get_running_loop().create_future()
        self._waiting[answer] = append
        self._schedule()
        try:
            return await answer
        finally:
            self._waiting.pop(answer, None)

    def _start(self, appends: Iterable[Append]) -> None:
        self._in_flight += 1
        self._names_in_flight.update(name for each in appends for name in _names(each))

    @contextmanager
    def _while_in_flight(self, appends: Collection[Append]) -> Generator[None]:
        try:
            yield
        finally:
            self._in_flight -= 1
            self._names_in_flight.difference_update(name for each in appends for name in _names(each))
            if self._waiting or len(appends) > 1:
                self._schedule()

    def _schedule(self) -> None:
        """Send what waits after all that is ready now: whoever was just answered may have the next append at hand."""
        loop = asyncio.get_running_loop()
        if not self._in_flight:
            self._soon = self._soon or loop.call_soon(self._send_waiting)
        elif self._later is None:
            self._later = loop.call_later(PATIENCE_SECONDS, self._send_waiting)

    def _send_waiting(self) -> None:
        for handle in (self._soon, self._later):
            if handle:
                handle.cancel()
        self._soon = self._later = None
        if batch := dict(self._next()):
            for answer in batch:
                del self._waiting[answer]
            self._start(batch.values())
            task = asyncio.create_task(self._send_batch(batch))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if self._waiting:
            self._schedule()

    def _next(self) -> Iterator[tuple[Answer, Append]]:
        """Choose from what waits, the oldest first: of one stream one append at a time, in the order they came."""
        taken = set(self._names_in_flight)
        left = MOST
        for answer, append in self._waiting.items():
            names = _names(append)
            if left and taken.isdisjoint(names):
                yield answer, append
                left -= 1
            taken.update(names)

    async def _send_batch(self, batch: Mapping[Answer, Append]) -> None:
        with self._while_in_flight(batch.values()):
            try:
                for answer, times in zip(batch, await send(self._database, list(batch.values())), strict=True):
                    _settle(answer, times)
            except asyncpg.PostgresError as error:
                if len(batch) == 1 or is_outage(error):
                    _fail(batch, error)
                else:
                    # Nothing of it was taken. Whose fault that was shows where each stands for itself.
                    await asyncio.gather(*(self._alone(answer, append) for answer, append in batch.items()))
            except Exception as error:  # noqa: BLE001  the callers', who all wait for an answer
                _fail(batch, error)
            finally:
                for answer in batch:
                    answer.cancel()

    async def _alone(self, answer: Answer, append: Append) -> None:
        if answer.done():
            return
        try:
            (times,) = await send(self._database, [append])
        except Exception as error:  # noqa: BLE001  the caller's
            _fail([answer], error)
        else:
            _settle(answer, times)


def _names(append: Append) -> tuple[str, ...]:
    """Name what no two statements may be about at once."""
    return (append.stream_id, *(claim.command_id for claim in append.claims), *(append.identity or ()))


def _settle(answer: Answer, times: Times) -> None:
    # Whoever was cancelled meanwhile waits no longer.
    if not answer.done():
        answer.set_result(times)


def _fail(answers: Iterable[Answer], error: Exception) -> None:
    for answer in answers:
        if not answer.done():
            answer.set_exception(error)
