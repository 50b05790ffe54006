"""The demo's stage: an Unleash as its owner ran it before Astrolabe."""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from astrolabe.cli.demo.screen import ClaimFailed, Screen
from astrolabe.cli.scratch import becomes_healthy, make_database, psql
from astrolabe.domain.instances.instance import DatabaseConfig, InstanceConfig
from astrolabe.domain.kinds import npm as argv
from astrolabe.domain.plans.plan import Artifact
from astrolabe.store.products.catalogue import load_products
from astrolabe.store.whole_file import write
from astrolabe.workers.instance import process
from astrolabe.workers.instance.host import Host
from astrolabe.workers.instance.secret import Secrets
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.npm import npm
from astrolabe.workers.kinds.npm.npx import NpxDriver

OWN = "demo"
"""The instance id of starts that happened before Astrolabe knew the instance."""


@dataclass(frozen=True)
class NpxStage:
    """One Unleash with a database and secrets of its own."""

    screen: Screen
    host: Host
    config: InstanceConfig
    database: DatabaseConfig
    token: str
    log_url: str

    @classmethod
    async def build(cls, screen: Screen, folder: Path, log_url: str, port: int) -> Self:
        """Make a role, a database and the files of its secrets."""
        own = secrets.token_hex(3)
        name, token, password = f"unleash_{own}", f"*:*.{secrets.token_hex(16)}", secrets.token_hex(16)
        kept = folder / "secrets" / f"flags-{own}"
        kept.mkdir(mode=0o700, parents=True)
        write(kept / "token", token.encode(), private=True)
        database = await make_database(log_url, name, password, kept)
        config = InstanceConfig(
            f"flags-{own}",
            "unleash",
            port,
            database=database,
            secrets={"INIT_ADMIN_API_TOKENS": f"file:{kept / 'token'}"},
        )
        host = Host("local", folder, load_products(), Secrets([kept.parent]))
        return cls(screen, host, config, database, token, log_url)

    @property
    def driver(self) -> NpxDriver:
        """What starts and stops the instance."""
        return NpxDriver(Site(self.host, OWN, self.config))

    async def begin(self, version: str) -> None:
        """Install a version as its owner would, start it and wait until it is healthy."""
        await self.start(await self.install(version))

    async def install(self, version: str) -> Artifact:
        """Install a version as its owner would."""
        package = self.host.products["unleash"].package
        with self.screen.console.status(f"   asking npm about {package.package}@{version}"):
            artifact = (await self.driver.resolve(version)).artifact
        place = npm.shelf(self.host.artifacts(), artifact)
        self.screen.command(argv.install(("npm",), package, version, str(place)))
        with self.screen.console.status("   npm begins") as status:
            await self.driver.pull(artifact, lambda amount: status.update(f"   npm has fetched {amount.done} packages"))
        return artifact

    async def start(self, artifact: Artifact) -> None:
        """Start a version and wait until it is healthy."""
        mark = f"{self.config.name}-first"
        started = await self.driver.start(artifact, mark)
        with self.screen.console.status("   starting"):
            if await becomes_healthy(self.driver, started, self.config, self.host.products["unleash"]):
                return
        raise ClaimFailed(f"Unleash {artifact.version} did not become healthy; see {self.driver.log(mark)}")

    async def stop(self) -> None:
        """End the instance, whichever version runs."""
        await self.driver.stop_all()

    async def flags_in(self, database: str) -> set[str]:
        """Read the flags straight from a database of the server."""
        said = await psql(self.log_url, "--command", "SELECT name FROM features", database=database)
        return set(said.split())


async def end_leftovers(folder: Path) -> None:
    """End the gateways that an earlier, interrupted demo in this folder left behind."""
    instance_folders = folder / "instances"
    known = {OWN, *(each.name for each in instance_folders.iterdir())} if instance_folders.is_dir() else {OWN}
    for found in process.marked_by(known, str(folder)):
        await process.end(found)
