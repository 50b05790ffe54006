"""A worker that something happens to at a moment of choice: around each record, statement and process."""

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from typing import Any

import pytest

from astrolabe.domain.recorded import Cause
from astrolabe.domain.upgrades.commands import Command, Report, RequestUpgrade
from astrolabe.domain.upgrades.events import StepProgressed, StepStarted
from astrolabe.store.ids import new_id
from astrolabe.store.log.leases import Leases
from astrolabe.store.streams.instances import Instances, Loaded
from astrolabe.workers.instance import process
from astrolabe.workers.instance.database import InstanceDatabase
from astrolabe.workers.kinds.compose.engine_exec import ContainerCommand
from astrolabe.workers.kinds.compose.engine_socket import EngineSocket
from astrolabe.workers.kinds.npm import npm
from astrolabe.workers.programs import shell
from astrolabe.workers.worker.carry_out import CarryOut
from tests.world import LEASE_SECONDS, World

Moment = str
"""`before NAME` or `after NAME` of a fact, a statement or a process."""

Hook = Callable[[Moment], Awaitable[None]]


class Hooked(Instances):
    """Instances that call back around the recording of a worker's facts."""

    def __init__(self, instances: Instances, hook: Hook) -> None:
        super().__init__(instances._log)
        self._hook = hook

    async def execute(self, loaded: Loaded, command: Command, cause: Cause, **options: Any) -> Loaded:
        """Call back, execute, and call back."""
        name = _named(command)
        if name:
            await self._hook(f"before {name}")
        after = await super().execute(loaded, command, cause, **options)
        if name:
            await self._hook(f"after {name}")
        return after


def _named(command: Command) -> str | None:
    match command:
        case Report(StepProgressed()):
            return None
        case Report(StepStarted(step=step)):
            return f"StepStarted {step}"
        case Report(fact):
            return type(fact).__name__
        case _:
            return type(command).__name__


def hooked(standin: World, name: str, hook: Hook, lease_seconds: float = LEASE_SECONDS) -> CarryOut:
    """Make a worker that calls back around each of its records."""
    worker = standin.worker(name, lease_seconds)
    worker._instances = Hooked(standin.instances, hook)
    return worker


def when(happenings: Mapping[Moment, Callable[[], Awaitable[object]]]) -> Hook:
    """Let something happen the first time that a moment comes."""
    waiting = dict(happenings)

    async def hook(moment: Moment) -> None:
        if happening := waiting.pop(moment, None):
            await happening()

    return hook


async def upgrade(standin: World, target: str, **happenings: Callable[[], Awaitable[object]]) -> Loaded:
    """Ask for an upgrade and carry it out, with something happening after a fact of each name is recorded."""
    await standin.ask(RequestUpgrade(new_id(), target))
    hook = when({f"after {name}": happening for name, happening in happenings.items()})
    await hooked(standin, "worker-1", hook)(standin.instance_id)
    return await standin.loaded()


COMMANDS = ("--file", "install", "doctor", "pull", "stop", "update", "create", "cp", "--no-start", "start")
"""Words that only commands with an effect have: of pg_dump, npm, the product, and Docker."""

NETWORKING = ("connect", "disconnect", "rm")
"""What Docker does to networks that are there."""


def _effect(argv: Sequence[Any]) -> str | None:
    words = [str(each) for each in argv]
    if verb := next((word for word in NETWORKING if "network" in words and word in words), None):
        network = "private" if any(word.endswith("-astrolabe") for word in words) else "project"
        who = next((service for service in ("db", "gateway") if service in words), "one")
        return f"{verb} {who} {network}"
    return next((word for word in COMMANDS if word in words), None)


class Killed(BaseException):
    """The worker died here."""


class Mortality:
    """Kills one worker at each moment that none has died at yet."""

    def __init__(self, *, since: Moment | None = None) -> None:
        self.died_at: list[tuple[Moment, Moment]] = []
        self.stage: Moment = ""
        self.over: bool = False
        self._since = since

    async def hook(self, moment: Moment) -> None:
        """Die here, unless another did; the same statement is another moment once a further fact is recorded."""
        if moment.startswith("after ") and "StepStarted" not in moment:
            self.stage = moment
        self.now(moment)

    def now(self, moment: Moment) -> None:
        """Die here, unless another did."""
        if self._since == moment:
            self._since = None
        here = (self.stage, moment)
        if not self.over and self._since is None and here not in self.died_at:
            self.died_at.append(here)
            raise Killed(moment)


class Unreleased(Leases):
    """Leases that run out, as after a death, and are not given back."""

    async def release(self, fences: Mapping[str, int]) -> None:
        """Do nothing: the dead release nothing."""


async def outlive(standin: World, mortality: Mortality, most: int = 120) -> list[Moment]:
    """Let worker after worker carry on where one died, until one has nothing left to do; return where they died."""
    for number in range(most):
        worker = hooked(standin, f"worker-{number}", mortality.hook, lease_seconds=15)
        worker._leases = Unreleased(standin.log_database, 15)
        try:
            async with asyncio.timeout(60):
                await worker(standin.instance_id)
        except Killed:
            # As if the lease's time had passed.
            await standin.log_database.pool.execute("UPDATE lease SET expires_at = clock_timestamp()")
        else:
            mortality.over = True
            return [moment for _, moment in mortality.died_at]
    raise AssertionError(f"still not done: {mortality.died_at}")


async def _around(mortality: Mortality, argv: Sequence[Any], work: Callable[[], Awaitable[Any]]) -> Any:
    """Let a worker die before or after a command that has an effect."""
    name = _effect(argv)
    if name:
        mortality.now(f"before {name}")
    done = await work()
    if name:
        mortality.now(f"after {name}")
    return done


def mortal_effects(patch: pytest.MonkeyPatch, mortality: Mortality) -> None:
    """Let workers die around each statement that changes something, and around each process they start or end."""
    connect, spawn, run, end, shelve = InstanceDatabase.connection, shell.spawn, shell.run, process.end, npm._shelve
    act, execute = EngineSocket.act, ContainerCommand.run

    @contextlib.asynccontextmanager
    async def connection(self: InstanceDatabase, name: str | None = None) -> AsyncGenerator[Any]:
        async with connect(self, name) as connected:
            yield _Statements(connected, mortality)

    def spawned(argv: Sequence[Any], **options: Any) -> int:
        mortality.now("before the start")
        pid = spawn(argv, **options)
        mortality.now("after the start")
        return pid

    async def ran(argv: Sequence[Any], **options: Any) -> Any:
        return await _around(mortality, argv, lambda: run(argv, **options))

    async def acted(self: EngineSocket, argv: Sequence[Any], *options: Any) -> Any:
        return await _around(mortality, argv, lambda: act(self, argv, *options))

    async def executed(self: ContainerCommand, *options: Any) -> Any:
        return await _around(mortality, self._shown, lambda: execute(self, *options))

    async def ended(found: process.GatewayProcess, *grace: float) -> None:
        mortality.now("before the end of a gateway")
        await end(found, *grace)
        mortality.now("after the end of a gateway")

    async def shelved(*folders: Any) -> None:
        mortality.now("before the shelf")
        await shelve(*folders)
        mortality.now("after the shelf")

    patch.setattr(InstanceDatabase, "connection", connection)
    patch.setattr(shell, "spawn", spawned)
    patch.setattr(shell, "run", ran)
    patch.setattr(EngineSocket, "act", acted)
    patch.setattr(ContainerCommand, "run", executed)
    patch.setattr(process, "end", ended)
    patch.setattr(npm, "_shelve", shelved)


class _Statements:
    """A connection whose worker may die around each statement."""

    def __init__(self, connection: Any, mortality: Mortality) -> None:
        self._connection = connection
        self._mortality = mortality

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def execute(self, statement: str, *arguments: Any, **options: Any) -> str:
        """Execute, unless the worker dies before or after."""
        shown = re.sub(r'"[^"]*?(_before|_after|_private)?(_[0-9a-f]{12}_\d+)?"', lambda m: m[1] or "it", statement)
        self._mortality.now(f"before {shown}")
        status = await self._connection.execute(statement, *arguments, **options)
        self._mortality.now(f"after {shown}")
        return status
