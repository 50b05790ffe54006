"""A world for upgrades: the stand-in product on a local registry, a host, a database, and an instance that runs."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TypeVar
from uuid import uuid4

import asyncpg
import httpx
import msgspec
import pytest
from msgspec.structs import replace

from astrolabe.cli.servers.postgres import Postgres
from astrolabe.domain.instances.instance import DatabaseConfig, InstanceConfig
from astrolabe.domain.plans.plan import Artifact
from astrolabe.domain.problem import Problem
from astrolabe.domain.products.product import Npm, Product
from astrolabe.domain.products.product_file import parse_product
from astrolabe.domain.recorded import Cause
from astrolabe.domain.upgrades.commands import Command, Reconfigure, Register, RequestRollback, RequestUpgrade
from astrolabe.domain.upgrades.events import Event, StepProgressed, StepStarted
from astrolabe.domain.upgrades.sentences import sentence
from astrolabe.domain.upgrades.states import Idle
from astrolabe.domain.upgrades.upgrade_event import OfUpgrade
from astrolabe.store.database import Database
from astrolabe.store.ids import new_id
from astrolabe.store.log.entry import type_of
from astrolabe.store.log.log import Log
from astrolabe.store.streams.instances import Instances, Loaded
from astrolabe.workers.instance import process
from astrolabe.workers.instance.grants import read_grants
from astrolabe.workers.instance.host import Host
from astrolabe.workers.instance.probe import NO_TLS, Probe
from astrolabe.workers.instance.secret import Secrets
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.driver import Driver
from astrolabe.workers.kinds.npm import npm
from astrolabe.workers.kinds.npm.npx import NpxDriver
from astrolabe.workers.programs import tools
from astrolabe.workers.worker.carry_out import CarryOut
from tests.databases import run
from tests.disks import small_disk
from tests.ports import free_port
from tests.standin.registry import Registry

E = TypeVar("E", bound=Event)

PASSWORD = "a-password-to-look-for"
GRANTED = ("*=env:*",)
"""What the owner of a world's host lets every instance use, beside the files in its own folder."""
RESOLVED: dict[tuple[str, str], Artifact] = {}
"""What was resolved before, by product and version."""

ASKED = Cause("alice", "to try it", "api")

BEHAVIOUR = """\
[health]
path = "/health"
contains = {{ status = "ok" }}

[version]
path = "/health"
field = "version"

[log]
failed = ["migration failed: (?P<reason>.+)"]

[migrations]
table = "public.standin_migrations"
files = "migrations/*.sql"

[doctor]
args = ["doctor"]
"""
"""How the stand-in shows itself, whatever it is deployed as."""

PRODUCT = (
    """
name = "standin"
title = "Stand-in gateway"
settings = ["STANDIN_SLOW_MS", "STANDIN_DOCTOR_MS", "STANDIN_TOKEN", "STANDIN_FILES"]

[npm]
package = "standin-gateway"
bin = "standin-gateway"
registry = "{registry}"

[start.env]
DATABASE_URL = "{{database_url}}"
HTTP_HOST = "{{address}}"
HTTP_PORT = "{{port}}"

"""
    + BEHAVIOUR
)


def product_text(registry: Registry) -> str:
    """Return the product file of the stand-in."""
    return PRODUCT.format(registry=registry.url)


LEASE_SECONDS = 60
"""No test waits for a lease to run out, and none shall lose one where the machine is busy."""

VIEWED: dict[object, tuple[Artifact, str | None, str | None]] = {}
"""What npm said of a version, by all that its answer hangs on."""


def view_once(registry: Registry, patch: pytest.MonkeyPatch) -> None:
    """Let npm be asked once for each state of a registry.

    Each upgrade asks of its target, for a third of a second of computing; while the registry holds the same, and npm is
    the same with the same settings, it says the same. What failed is asked anew.
    """
    really = npm.view

    async def view(package: Npm, version: str) -> tuple[Artifact, str | None, str | None]:
        env = npm.environment()
        settings = Path(env["npm_config_userconfig"]).read_text()
        asked = registry.state, package, version, (*tools.npm(),), frozenset(env.items()), settings
        if asked not in VIEWED:
            VIEWED[asked] = await really(package, version)
        return VIEWED[asked]

    patch.setattr(npm, "view", view)


def npm_settings(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Let npm keep its cache in a folder, and not wait before it gives a registry up.

    Node reads a company's certificates at each start, 35 ms of computing, and nothing here is reached by TLS.
    """
    npmrc = folder / "npmrc"
    npmrc.write_text(f"fetch-retries=0\ncache={folder / 'npm-cache'}\n")
    patch.setenv("npm_config_userconfig", str(npmrc))
    patch.delenv("NODE_EXTRA_CA_CERTS", raising=False)


@dataclass
class World:
    """One instance of the stand-in, with everything around it."""

    serves: ClassVar[bool] = True
    """Whether it has a port, and a database to keep data in; what has neither must say what it skips, and why."""

    too_large: ClassVar[str] = "1.3.0"
    """The version that there is too little room for."""

    spared: ClassVar[int] = 262_144
    """Bytes of room for it: npm then ends well, leaves empty files, and warns."""

    server: Postgres
    npm_registry: Registry | None
    """The npm registry that it comes from, where it comes from one."""
    host: Host
    instances: Instances
    log_database: Database
    config: InstanceConfig
    instance_id: str = field(default_factory=new_id)
    longest_request: float = 0.7
    """Seconds that a request of a user's may hang while gateways change; the user's silence is longer by that."""

    @property
    def product(self) -> Product:
        """The stand-in as a product."""
        return self.host.products[self.config.product]

    @property
    def driver(self) -> Driver:
        """What acts on the instance, as a worker's driver does."""
        return NpxDriver(Site(self.host, self.instance_id, self.config))

    @property
    def seen(self) -> str:
        """How one sees that it runs."""
        return f"serves on port {self.config.port}"

    @property
    def database(self) -> str:
        """The name of the instance's database."""
        assert self.config.database
        return self.config.database.name

    async def owner_starts(self, version: str = "1.1.0") -> None:
        """Install and start a version as its owner did before Astrolabe."""
        artifact = await self.artifact(version)
        await self.driver.pull(artifact, lambda _: None)
        await self.driver.start(artifact, f"owner-{uuid4().hex}")
        async with Probe.open(self.config, self.product) as probe:
            await self.until(probe.health)

    async def until(self, asked: Callable[[], Awaitable[tuple[bool, str]]]) -> None:
        """Ask until the answer is yes."""
        async with asyncio.timeout(60):
            while not (await asked())[0]:
                await asyncio.sleep(0.02)

    async def artifact(self, version: str) -> Artifact:
        """Resolve a version, once a session: a release is the same wherever it is published."""
        image, npm = self.product.image, self.product.npm
        known = image.repository if image else f"{self.registry.url}{npm and npm.package}", version
        if known not in RESOLVED:
            RESOLVED[known] = (await self.driver.resolve(version)).artifact
        return RESOLVED[known]

    async def register(self, version: str = "1.1.0") -> None:
        """Register the instance."""
        await self.ask(Register(self.config, version))

    async def reconfigure(self, **changes: Any) -> None:
        """Reach the instance in another way."""
        self.config = replace(self.config, **changes)
        await self.ask(Reconfigure(self.config))

    async def ask(self, command: Command) -> Loaded:
        """Ask for something, as the API does."""
        return await self.instances.execute(await self.loaded(), command, ASKED)

    async def upgrade(self, target: str, worker: str = "worker-1") -> Loaded:
        """Ask for an upgrade and carry it out."""
        await self.ask(RequestUpgrade(new_id(), target))
        return await self.carry_out(worker)

    async def roll_back(self, *, accept: bool) -> Loaded:
        """Take the last upgrade back."""
        await self.ask(RequestRollback(await self.upgrade_id(), accept))
        return await self.carry_out()

    async def find_database(self) -> None:
        """Find out where the database's server is by now: while it is kept from others it has another address."""

    async def carry_out(self, worker: str = "worker-1") -> Loaded:
        """Do all that is due."""
        await self.worker(worker)(self.instance_id)
        return await self.loaded()

    def worker(self, name: str, lease_seconds: float = LEASE_SECONDS) -> CarryOut:
        """Make a worker."""
        return CarryOut(self.log_database, self.host, name, lease_seconds=lease_seconds)

    async def loaded(self) -> Loaded:
        """Fold the instance."""
        return await self.instances.load(self.instance_id)

    async def upgrade_id(self) -> str:
        """Return the id of the last upgrade."""
        (last, *_) = [each.upgrade_id for each in reversed(await self.told()) if isinstance(each, OfUpgrade)]
        return last

    async def told(self) -> list[Event]:
        """Return every event of the instance."""
        return [each.event for each in (await self.loaded()).history]

    async def one(self, kind: type[E]) -> E:
        """Return the only event of a kind."""
        (found,) = [each for each in await self.told() if isinstance(each, kind)]
        return found

    async def summary(self, kind: type[Event]) -> str:
        """Return the only event of a kind in the words that people read."""
        told = await self.one(kind)
        return sentence(type_of(told), msgspec.to_builtins(told))

    async def facts(self) -> list[str]:
        """Name what was told, without beginnings and progress."""
        return [type(each).__name__ for each in await self.told() if not isinstance(each, StepStarted | StepProgressed)]

    async def problem(self) -> Problem:
        """Return the one problem that an upgrade ended or was taken back with."""
        problems = [getattr(each, "problem", None) for each in await self.told()]
        (found,) = [each for each in problems if isinstance(each, Problem)]
        return found

    async def running(self) -> str | None:
        """Return which version listens."""
        found = await self.driver.running()
        return found.version if found else None

    async def gateways(self) -> Sequence[object]:
        """List everything of this instance that Astrolabe started and that runs."""
        return process.marked_by({self.instance_id}, str(self.host.folder))

    async def supervised(self) -> bool:
        """Return whether the gateway was left to whoever keeps it running, if anybody does."""
        return True

    async def strays(self) -> Sequence[object]:
        """List what was begun for this instance, and that nobody will ever finish or clear away."""
        return [each for each in self._shelves.iterdir() if each.name.startswith(".")]

    def published(self, version: str) -> Artifact:
        """Return a version as the registry was given it."""
        package = self.registry.package(self._package, version)
        return Artifact(self._package, version, package.integrity, self.registry.url.rstrip("/"))

    async def move_latest(self, version: str) -> None:
        """Let the tag `latest` lead to a version."""
        self.registry.tag(self._package, version)

    def deprecate(self, version: str, why: str) -> None:
        """Let the registry say of a version that nobody should use it."""
        self.registry.deprecate(self._package, version, why)

    async def unpull(self, version: str) -> None:
        """Take a version away from this host, so that it must be fetched again."""
        shelf = npm.shelf(self.host.artifacts(), await self.artifact(version))
        for folder in (shelf, self.host.folder / "npm-cache"):
            shutil.rmtree(folder, ignore_errors=True)

    @contextlib.asynccontextmanager
    async def tampered(self, version: str) -> AsyncIterator[None]:
        """Let the registry send something else in the place of a version."""
        self.registry.tamper(self._package, version)
        yield
        self.registry.tamper(self._package, version, tampered=False)

    @contextlib.asynccontextmanager
    async def registry_down(self) -> AsyncIterator[None]:
        """Let the registry answer nobody."""
        self.registry.failing = True
        yield
        self.registry.failing = False

    @contextlib.asynccontextmanager
    async def withdrawn(self, version: str) -> AsyncIterator[None]:
        """Let the registry know nothing of a version that it once had."""
        self.registry.withdraw(self._package, version)
        yield
        self.registry.withdraw(self._package, version, withdrawn=False)

    @contextlib.asynccontextmanager
    async def cramped(self) -> AsyncIterator[None]:
        """Leave too little room to pull the version that is too large."""
        async with small_disk(self._shelves) as disk:
            (disk / "filling").write_bytes(b"x" * (shutil.disk_usage(disk).free - self.spared))
            yield

    @property
    def registry(self) -> Registry:
        """The npm registry that it comes from."""
        assert self.npm_registry
        return self.npm_registry

    @property
    def _package(self) -> str:
        return self.product.package.package

    @property
    def _shelves(self) -> Path:
        return self.host.artifacts() / self._package

    async def stop(self) -> None:
        """Stop the gateway as its owner would."""
        await self.driver.stop_all()

    async def write(self, name: str) -> None:
        """Write an item through the gateway."""
        async with httpx.AsyncClient(base_url=self.url, trust_env=False, verify=NO_TLS) as http:
            (await http.post("/items", json={"name": name})).raise_for_status()

    async def items(self) -> list[str]:
        """List the items through the gateway."""
        async with httpx.AsyncClient(base_url=self.url, trust_env=False, verify=NO_TLS) as http:
            return [each["name"] for each in (await http.get("/items")).raise_for_status().json()["items"]]

    @property
    def url(self) -> str:
        """DatabaseConfig the gateway answers."""
        return f"http://127.0.0.1:{self.config.port}"

    @property
    def database_host(self) -> str:
        """DatabaseConfig tests reach the database's server."""
        assert self.config.database
        return self.config.database.host

    async def connects(self, database: str | None = None) -> asyncpg.Connection:
        """Connect as the instance's own role."""
        assert self.config.database
        where = self.config.database
        return await asyncpg.connect(
            host=self.database_host,
            port=where.port,
            user=where.user,
            password=PASSWORD,
            database=database or where.name,
        )

    def dumps(self) -> list[str]:
        """List the files in the folder of this instance's dumps."""
        return sorted(str(path) for path in self.host.backups(self.instance_id).iterdir())

    async def kept(self, what: str) -> list[str]:
        """List what is kept aside."""
        state = (await self.loaded()).state
        assert isinstance(state, Idle)
        return [each.name for each in state.instance.kept if each.what == what]

    async def rows(self, query: str, database: str | None = None) -> list[tuple[object, ...]]:
        """Ask a database of the server, as its superuser."""
        connection = await asyncpg.connect(self.server.url(database or self.database))
        try:
            return [tuple(row) for row in await connection.fetch(query)]
        finally:
            await connection.close()

    async def shape(self) -> list[tuple[object, ...]]:
        """Return every column, and every row of items and migrations, as they stand in the database."""
        columns = await self.rows(
            "SELECT table_name, column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = 'public' ORDER BY 1, 2"
        )
        items = await self.rows("SELECT to_jsonb(i)::text FROM items i ORDER BY id")
        return [*columns, *items, *await self.rows("SELECT name FROM standin_migrations ORDER BY id")]

    async def databases(self) -> set[str]:
        """List the databases of this instance."""
        query = f"SELECT datname FROM pg_database WHERE datname LIKE '{self.database}%'"
        return {str(row[0]) for row in await self.rows(query, "postgres")}

    async def copies(self) -> set[str]:
        """List the databases of this instance beside its own."""
        return await self.databases() - {self.database}

    async def end(self) -> None:
        """End whatever listens, and drop the databases."""
        await self.stop()
        for name in await self.databases():
            await run(self.server, f'DROP DATABASE "{name}" WITH (FORCE)')
        await run(self.server, f"DROP ROLE {self.database}")


@contextlib.asynccontextmanager
async def world(
    server: Postgres,
    registry: Registry,
    folder: Path,
    log_url: str,
    make: Callable[..., World] = World,
    /,
    **settings: str,
) -> AsyncIterator[World]:
    """Make a world, and clear it away."""
    name = f"standin_{uuid4().hex[:8]}"
    await run(
        server,
        f"CREATE ROLE {name} LOGIN CREATEDB PASSWORD '{PASSWORD}'",
        f"CREATE DATABASE {name} OWNER {name}",
    )
    kept = folder / "secrets"
    own = kept / name.replace("_", "-")
    own.mkdir(parents=True)
    (own / "password").write_text(PASSWORD)
    product = parse_product(product_text(registry), "standin.toml")
    port = int(server.url().rpartition(":")[2].partition("/")[0])
    async with Database(log_url, pool_size=4) as database:
        made = make(
            server,
            registry,
            Host("local", folder, {"standin": product}, Secrets([kept], read_grants(GRANTED))),
            Instances(Log(database)),
            database,
            InstanceConfig(
                name.replace("_", "-"),
                "standin",
                free_port(),
                database=DatabaseConfig(name, name, "127.0.0.1", port, f"file:{own / 'password'}"),
                settings=settings,
                patience_seconds=5,
            ),
        )
        try:
            yield made
        finally:
            await made.end()
