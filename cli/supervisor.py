"""The processes of `astrolabe up`: servers, then our own; one that dies starts again, and all end with us."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final, Self

from astrolabe.cli.awaited import saying_what_is_awaited
from astrolabe.cli.own_python import run_astrolabe
from astrolabe.cli.process import Launch, SupervisedCommand, SupervisedProcess, executing
from astrolabe.cli.servers.account import service_account
from astrolabe.cli.servers.folder import VARIABLE, DataFolder
from astrolabe.cli.servers.postgres import Postgres
from astrolabe.cli.servers.valkey import Valkey

CHILDREN: Final = ("api", "relay", "worker")
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0
STEADY: Final = 60.0
"""Seconds of life after which a death counts as the first one again."""


async def nothing(_environment: Mapping[str, str]) -> None:
    """Prepare nothing between the servers and the children."""


class Supervisor:
    """Everything `astrolabe up` runs, from `async with` to its end.

    DATABASE_URL and REDIS_URL in `environment` replace the servers. `prepare` runs when both answer and before the
    children start, and gets the children's environment; `launch` starts a child by its name, without it that is done by
    an argv of `command`; `say` gets a line for each thing a person may want to know.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        environment: Mapping[str, str] = os.environ,  # noqa: TID251  the children get it whole
        prepare: Callable[[Mapping[str, str]], Awaitable[None]] = nothing,
        children: Sequence[str] = CHILDREN,
        command: Callable[[str], Sequence[str]] = run_astrolabe,
        launch: Launch | None = None,
        say: Callable[[str], None] = print,
        fast: bool = False,
    ) -> None:
        self._path: Final = path
        self.environment: Final = dict(environment)
        self._prepare: Final = prepare
        self._names: Final = tuple(children)
        self._launch: Final = launch or executing(command)
        self._say: Final = say
        self._fast: Final = fast
        self._folder: DataFolder | None = None
        self._processes: Final[list[SupervisedProcess]] = []
        self._keepers: Final[dict[SupervisedProcess, asyncio.Task[None]]] = {}
        self.killed: bool = False

    async def __aenter__(self) -> Self:
        self._folder = folder = DataFolder.claim(self._path)
        try:
            await self._start(folder)
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stop()

    @property
    def logs(self) -> Path:
        """The folder with one log a process."""
        if self._folder is None:
            raise RuntimeError("the tree has not started")
        return self._folder.logs

    def kill(self) -> None:
        """End everything at once, also what is being stopped or started."""
        self.killed = True
        for keeper in self._keepers.values():
            keeper.cancel()
        for process in self._processes:
            process.kill()

    async def _start(self, folder: DataFolder) -> None:
        self.environment[VARIABLE] = str(folder.path)
        await self._start_servers(folder)
        await self._prepare(self.environment)
        for name in self._names:
            await self._keep(SupervisedCommand(name, self._launch, self.environment, folder.log(name)))

    async def _start_servers(self, folder: DataFolder) -> None:
        urls = {"DATABASE_URL", "REDIS_URL"} - {name for name, value in self.environment.items() if value}
        account = service_account() if urls else None
        if "DATABASE_URL" in urls:
            postgres = Postgres(folder, account, fast=self._fast)
            await self._keep(postgres)
            # It is this host's, and speaks no TLS: whoever would ask it for that makes a context of a megabyte first.
            self.environment["DATABASE_URL"] = f"{postgres.url()}?sslmode=disable"
        if "REDIS_URL" in urls:
            valkey = Valkey(folder, account, fast=self._fast)
            await self._keep(valkey)
            self.environment["REDIS_URL"] = valkey.url

    async def _keep(self, process: SupervisedProcess) -> None:
        self._processes.append(process)
        await process.start()
        self._keepers[process] = asyncio.create_task(self._keep_alive(process), name=f"keep {process.name}")

    async def _keep_alive(self, process: SupervisedProcess) -> None:
        pause = FIRST_PAUSE
        while True:
            since = time.monotonic()
            code = await process.wait()
            pause = FIRST_PAUSE if time.monotonic() - since > STEADY else pause
            log = self.logs / f"{process.name}.log"
            self._say(f"{process.name} ended with code {code}; it starts again in {pause:g} s; see {log}")
            pause = await self._start_again(process, pause)

    async def _start_again(self, process: SupervisedProcess, pause: float) -> float:
        while True:
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            try:
                await process.start()
            except Exception as problem:  # noqa: BLE001 (whatever it was, it may pass)
                self._say(f"{process.name} did not start; next try in {pause:g} s: {problem}")
            else:
                return pause

    async def _stop(self) -> None:
        try:
            while self._processes:
                process = self._processes[-1]
                if keeper := self._keepers.pop(process, None):
                    keeper.cancel()
                    await asyncio.wait((keeper,))
                async with self._saying_what_is_awaited():
                    await process.stop()
                self._processes.pop()
        finally:
            if self._folder:
                self._folder.release()

    def _saying_what_is_awaited(self) -> AbstractAsyncContextManager[None]:
        """Say once a second which process has not ended yet, and which ones end after it."""
        first, *others = [process.name for process in reversed(self._processes)]
        then = f", then for {', '.join(others)}" if others else ""
        return saying_what_is_awaited(f"{first} to end", self._say, f"{then}. Another Ctrl-C ends everything at once.")


async def serve(tree: Supervisor, ready: Callable[[], None]) -> int:
    """Run a tree until Ctrl-C or SIGTERM, calling `ready` once all runs; return the exit code.

    The first signal stops everything in order, a second one ends it at once.
    """
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()

    def interrupt() -> None:
        if stopping.is_set():
            tree.kill()
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupt)
    running = asyncio.create_task(_run(tree, ready))
    asked = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait((running, asked), return_when=asyncio.FIRST_COMPLETED)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        return 1 if tree.killed else 0
    finally:
        asked.cancel()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


async def _run(tree: Supervisor, ready: Callable[[], None]) -> None:
    async with tree:
        ready()
        await asyncio.Event().wait()
