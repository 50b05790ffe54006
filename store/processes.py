"""Processes of our own for one long work: a function is called for one argument after another, on all cores."""

import asyncio
import gc
import multiprocessing
import os
import signal
import sys
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from socket import socketpair
from typing import Final, Generic, Self, TypeVar, cast

from astrolabe.store.errors import StoreError
from astrolabe.store.heap import freeze_heap
from astrolabe.store.in_order import in_order

A = TypeVar("A")
R = TypeVar("R")

AHEAD: Final = 2
"""How many results a process may be ahead of whoever takes them in order, so that they never fill the memory."""

ALLOCATIONS: Final = 100_000
"""After how many new objects a process looks for garbage: what is folded holds no cycles, and 700 is the default."""


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


class Processes(Generic[A, R]):
    """Spawned processes that all call one function, which is sent to each once; `async with` ends them.

    Spawned, for whoever needs them has an event loop, and perhaps threads, that no fork may inherit. They end with the
    one that started them, however it ends: none hears Ctrl-C, and each goes when nobody is there to give it more.
    """

    def __init__(self, function: Callable[[A], R], many: int) -> None:
        self._function: Final = function
        self._many: Final = many
        self._all: Final[list[_Process]] = []
        self._idle: Final[asyncio.Queue[_Process]] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        try:
            for _ in range(self._many):
                process = _Process(self._function)
                self._all.append(process)
                self._idle.put_nowait(process)
        except OSError as error:
            await self.__aexit__()
            raise StoreError(f"A process of ours could not be started: {error.strerror}; try again.") from None
        return self

    async def __aexit__(self, *_: object) -> None:
        for each in self._all:
            each.end()

    async def in_order(self, arguments: Iterable[A]) -> AsyncGenerator[R]:
        """Call the function for each argument; return the results in the order of these.

        Raises what a call raised when its turn comes, and StoreError where a process died.
        """
        async with aclosing(in_order(self._call, arguments, begun=AHEAD * self._many)) as results:
            async for result in results:
                yield result

    async def _call(self, argument: A) -> R:
        process = await self._idle.get()
        result = await process.call(argument)
        self._idle.put_nowait(process)
        return cast("R", result)


class _Process:
    """One process, and the connection to it."""

    def __init__(self, function: Callable[[A], R]) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = (Connection(end.detach()) for end in socketpair())
        self._connection: Final = ours
        self._process: Final = context.Process(target=_serve, args=(theirs, function), daemon=True)
        # Starting the first process, multiprocessing would start this one before it, and unblock what is blocked.
        resource_tracker.ensure_running()
        # What is blocked stays so in what is started: whoever hears Ctrl-C ends the others.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            theirs.close()

    async def call(self, argument: object) -> object:
        try:
            self._connection.send(argument)
            await _readable(self._connection)
            error, result = cast("tuple[Exception | None, object]", self._connection.recv())
        except (EOFError, OSError):
            self._process.kill()
            self._process.join()
            raise StoreError(f"One of our processes died with code {self._process.exitcode}; try again.") from None
        if error is not None:
            raise error
        return result

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self._connection.close()


async def _readable(connection: Connection) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(connection.fileno(), ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(connection.fileno())
        # uvloop lets nothing that it looks at block, and a result is read to its end.
        os.set_blocking(connection.fileno(), True)


def _serve(connection: Connection, function: Callable[[object], object]) -> None:
    freeze_heap()
    gc.set_threshold(ALLOCATIONS)
    try:
        while True:
            connection.send(_outcome(function, connection.recv()))
    except (EOFError, OSError):
        """Whoever asked is gone."""


def _outcome(function: Callable[[object], object], argument: object) -> tuple[Exception | None, object]:
    try:
        return None, function(argument)
    except Exception as error:  # noqa: BLE001  it is raised where the result is taken
        return error, None
