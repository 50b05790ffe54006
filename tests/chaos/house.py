"""A house: one Astrolabe of real processes with servers, a registry and disks of its own, all of which may fall."""

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from astrolabe.cli.ready import until_ready
from astrolabe.cli.servers.account import service_account
from astrolabe.cli.servers.folder import DataFolder
from astrolabe.cli.servers.postgres import Postgres
from astrolabe.cli.servers.problem import Unavailable
from astrolabe.cli.servers.valkey import Valkey
from astrolabe.domain.access import SCOPES
from astrolabe.domain.recorded import Cause
from astrolabe.store.database import Database
from astrolabe.store.log.log import Log
from astrolabe.store.migrate import migrate
from astrolabe.store.streams.tokens import Tokens
from astrolabe.workers.programs.command import CommandProblem
from tests.chaos.disk import Disk
from tests.chaos.kept import KeptProcess
from tests.chaos.person import Person
from tests.chaos.planted import run_planted
from tests.chaos.target import NOTES, PRODUCT, WITH_STOPS
from tests.ports import free_port
from tests.standin.registry import Registry
from tests.standin.releases import Package
from tests.world import product_text

HOME: Final = Path(__file__).parents[2]
LEASE_SECONDS: Final = 2.0
WORKERS: Final = ("worker-1", "worker-2")
ASTROLABE: Final = (sys.executable, "-P", "-m", "astrolabe.cli.main")
WORK: Final = ("worker", "--threads", "3")
"""An instance, its twin and one more message; each thread that waits costs the machine something."""

SERVER_SETTINGS: Final = ("max_wal_size = '96MB'", "min_wal_size = '48MB'")
"""What keeps a server's log small enough for a disk that fills up."""

_migrating: Final = asyncio.Lock()
"""Alembic has one context a process, and houses are opened side by side."""


@dataclass
class Server:
    """A PostgreSQL server, and the disk it is on."""

    postgres: Postgres
    disk: Disk
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def crash(self, down_seconds: float) -> None:
        """End it as `pg_ctl stop -m immediate` does, and start it again after a while."""
        async with self._turn:
            self.postgres.kill()
            await self.postgres.wait()
            await asyncio.sleep(down_seconds)
            with contextlib.suppress(Unavailable):  # where its disk is full, whoever frees that starts it
                await self.postgres.start()

    async def mend(self) -> None:
        """Give it room, and start it again where it has given up."""
        async with self._turn:
            self.disk.free()
            try:
                await self.postgres.sql("SELECT 1")
            except CommandProblem:
                self.postgres.kill()
                await self.postgres.wait()
                await self.postgres.start()


@dataclass
class House:
    """Servers, processes and a person who asks."""

    folder: Path
    log: Server
    instances: Server
    valkey: Valkey
    registry: Registry
    data: Disk
    processes: dict[str, KeptProcess] = field(default_factory=dict)
    person: Person = field(init=False)
    url: str = ""
    broker_turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    @asynccontextmanager
    async def open(cls, packages: Sequence[Package], plant: str | None = None) -> "AsyncGenerator[House]":
        """Start everything; end everything afterwards. `plant` names a fault that our own workers get."""
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="astrolabe-chaos-"))
        folder.chmod(0o711)
        async with AsyncExitStack() as stack:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            registry = stack.enter_context(Registry())
            for package in packages:
                registry.publish(package)
            house = cls(
                folder,
                await _server(stack, folder / "log"),
                await _server(stack, folder / "instances"),
                await _valkey(stack, folder / "valkey"),
                registry,
                await stack.enter_async_context(Disk.mounted(folder / "data")),
            )
            async with _migrating:
                await migrate(house.log.postgres.url())
            await house._start(stack, plant)
            yield house

    async def _start(self, stack: AsyncExitStack, plant: str | None) -> None:
        bind = f"127.0.0.1:{free_port()}"
        self.url = f"http://{bind}"
        async with Database(self.log.postgres.url(), pool_size=1) as database:
            token = await Tokens(Log(database)).issue("alice", SCOPES, Cause("chaos", "to begin", "cli"))
        self.person = Person(self.url, token.secret)
        stack.push_async_callback(self.person.leave)
        environment, logs = self._environment(), self.folder / "logs"
        logs.mkdir()
        commands = {"api": ("api", "--bind", bind), "relay": ("relay",)} | dict.fromkeys(WORKERS, WORK)
        for name, words in commands.items():
            planted = plant and words == WORK
            argv = run_planted(plant, *words) if plant and planted else [*ASTROLABE, *words]
            self.processes[name] = KeptProcess(name, argv, environment, logs, HOME)
            self.processes[name].start()
            stack.push_async_callback(self.processes[name].stop)
        try:
            await until_ready(self.url)
        except Unavailable as late:
            late.add_note(self.said())
            raise

    def _environment(self) -> dict[str, str]:
        products, settings = self.folder / "products", self.folder / "npmrc"
        products.mkdir()
        text = product_text(self.registry)
        (products / f"{PRODUCT}.toml").write_text(text)
        (products / f"{WITH_STOPS}.toml").write_text(text.replace(f'name = "{PRODUCT}"', f'name = "{WITH_STOPS}"'))
        (products / f"{WITH_STOPS}.releases.toml").write_text(NOTES)
        settings.write_text(f"fetch-retries=0\ncache={self.data.folder / 'npm-cache'}\n")
        (self.data.folder / "secrets").mkdir(mode=0o700)
        return {
            **os.environ,
            "DATABASE_URL": self.log.postgres.url(),
            "REDIS_URL": self.valkey.url,
            "ASTROLABE_DATA": str(self.data.folder),
            "ASTROLABE_LEASE_SECONDS": f"{LEASE_SECONDS:g}",
            "ASTROLABE_PRODUCTS": str(products),
            "ASTROLABE_CHECKPOINT_SECONDS": "1",
            "npm_config_userconfig": str(settings),
        }

    async def mend(self) -> None:
        """See that everything runs, whatever befell it."""
        for server in (self.log, self.instances):
            await server.mend()
        self.data.free()
        await until_ready(self.url)

    def worker_at(self, holder: str) -> KeptProcess:
        """Find the worker that a lease names; any where the named one is gone."""
        _, _, pid = holder.rpartition(":")
        found = [self.processes[name] for name in WORKERS if str(self.processes[name].pid) == pid]
        return found[0] if found else self.processes[WORKERS[0]]

    def said(self) -> str:
        """Return the end of what each process logged."""
        return "\n".join(f"== {each.name}\n{each.said()}" for each in self.processes.values())


async def _server(stack: AsyncExitStack, folder: Path) -> Server:
    disk = await stack.enter_async_context(Disk.mounted(folder))
    data = DataFolder.claim(folder)
    stack.callback(data.release)
    # With its caution off, a server that is killed would forget what it had acknowledged.
    server = Postgres(data, service_account())
    stack.push_async_callback(server.stop)
    await server.start()
    for setting in SERVER_SETTINGS:
        await server.sql(f"ALTER SYSTEM SET {setting}")
    await server.sql("SELECT pg_reload_conf()")
    return Server(server, disk)


async def _valkey(stack: AsyncExitStack, folder: Path) -> Valkey:
    data = DataFolder.claim(folder)
    stack.callback(data.release)
    server = Valkey(data, service_account())
    await server.start()
    stack.push_async_callback(server.stop)
    return server
