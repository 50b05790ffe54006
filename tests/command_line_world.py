"""A world of command lines: the stand-in as its user installs it into a prefix; it serves nobody and keeps no data."""

import contextlib
import hashlib
import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from uuid import uuid4

from typing_extensions import override

from astrolabe.cli.servers.postgres import Postgres
from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.products.product_file import parse_product
from astrolabe.store.database import Database
from astrolabe.store.log.log import Log
from astrolabe.store.streams.instances import Instances
from astrolabe.workers.instance.host import Host
from astrolabe.workers.instance.secret import Secrets
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.npm.cli import CliDriver
from astrolabe.workers.programs import shell
from tests.standin.npm import environment, npm
from tests.standin.registry import Registry
from tests.world import World

PRODUCT = """
name = "standin"
title = "Stand-in command line"
kinds = ["cli"]

[npm]
package = "standin-cli"
bin = "standin"
registry = "{registry}"

[doctor]
args = ["doctor"]
"""


@dataclass
class CommandLineWorld(World):
    """One command line in a prefix of its own."""

    serves: ClassVar[bool] = False
    spared: ClassVar[int] = 0

    @property
    @override
    def driver(self) -> CliDriver:
        return CliDriver(Site(self.host, self.instance_id, self.config))

    @property
    @override
    def seen(self) -> str:
        return "is installed"

    @property
    def prefix(self) -> Path:
        """The folder that npm installs into."""
        return Path(str(self.config.prefix))

    @override
    async def owner_starts(self, version: str = "1.1.0") -> None:
        """Install a version; npm is asked once a session for each."""
        made = self.host.folder / "prefixes" / f"of-{self._package.replace('/', '-')}-{version}"
        if not made.exists():
            words = ("install", "-g", "--prefix", str(made), f"{self._package}@{version}")
            await npm(*words, registry=self.registry.url, home=self.host.folder)
        shutil.rmtree(self.prefix, ignore_errors=True)
        shutil.copytree(made, self.prefix, symlinks=True)

    @override
    async def stop(self) -> None:
        words = ("uninstall", "-g", "--prefix", str(self.prefix), self._package)
        await npm(*words, registry=self.registry.url, home=self.host.folder)

    @override
    async def write(self, name: str) -> None:
        """Write nothing: it keeps nothing."""

    @override
    async def items(self) -> list[str]:
        return []

    @override
    async def running(self) -> str:
        """Ask the command itself, as its user does."""
        env = environment(self.registry.url, self.host.folder)
        command = self.prefix / "bin" / str(self.product.package.bin)
        return (await shell.run([command, "--version"], env=env, deadline=30)).stdout.strip()

    @override
    async def gateways(self) -> Sequence[object]:
        return list((self.prefix / "lib" / "node_modules").iterdir())

    @override
    async def shape(self) -> list[tuple[object, ...]]:
        """Return every file in the prefix."""
        files = (path for path in sorted(self.prefix.rglob("*")) if path.is_file())
        return [(str(path), hashlib.sha256(path.read_bytes()).hexdigest()) for path in files]

    @override
    async def copies(self) -> set[str]:
        return set()

    @override
    async def end(self) -> None:
        shutil.rmtree(self.prefix)


@contextlib.asynccontextmanager
async def command_line_world(
    server: Postgres, registry: Registry, folder: Path, log_url: str
) -> AsyncIterator[CommandLineWorld]:
    """Make a world, and clear it away."""
    name = f"standin-{uuid4().hex[:8]}"
    product = parse_product(PRODUCT.format(registry=registry.url), "standin.toml")
    async with Database(log_url, pool_size=4) as database:
        made = CommandLineWorld(
            server,
            registry,
            Host("local", folder, {"standin": product}, Secrets([])),
            Instances(Log(database)),
            database,
            InstanceConfig(name, "standin", kind="cli", prefix=str(folder / "prefixes" / name), patience_seconds=5),
        )
        try:
            yield made
        finally:
            await made.end()
