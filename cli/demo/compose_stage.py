"""The compose demo's stage: an Unleash and its PostgreSQL as a project of two services, on a registry of its own."""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from astrolabe.cli.demo.screen import ClaimFailed, Screen
from astrolabe.cli.private_engine import bases
from astrolabe.cli.private_engine.layers import pack, tree
from astrolabe.cli.private_engine.registry import Built, ImageRegistry
from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.domain.instances.instance import DatabaseConfig, InstanceConfig
from astrolabe.domain.products.product_file import parse_product
from astrolabe.store.whole_file import write
from astrolabe.workers.instance.probe import Probe
from astrolabe.workers.programs import shell
from astrolabe.workers.programs.environment import inherited

OLD, NEW = "6.4.1", "7.5.1"
HEALTHY_SECONDS = 180
DATABASE, USER = "unleash", "postgres"

PROJECT = """\
services:
  gateway:
    image: {repository}:{version}
    init: true
    restart: unless-stopped
    ports: ["127.0.0.1:{port}:4242"]
    environment:
      DATABASE_URL: postgres://{user}:${{DATABASE_PASSWORD}}@db:5432/{database}
      DATABASE_SSL: "false"
      CHECK_VERSION: "false"
      SEND_TELEMETRY: "false"
      INIT_ADMIN_API_TOKENS: ${{ADMIN_TOKEN}}
    depends_on: {{db: {{condition: service_healthy}}}}
    healthcheck:
      test: ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:4242/health"]
      interval: 1s
      timeout: 3s
      retries: 120
  db:
    image: {postgres}
    restart: unless-stopped
    environment: {{POSTGRES_DB: {database}, POSTGRES_PASSWORD: "${{DATABASE_PASSWORD}}"}}
    volumes: ["db:/var/lib/postgresql"]
    healthcheck: {{test: ["CMD", "pg_isready", "-q", "-h", "127.0.0.1"], interval: 1s, timeout: 3s, retries: 60}}
volumes: {{db: {{}}}}
"""

PRODUCT = """\
# The built-in unleash, from the demo's own registry.
name = "unleash"
title = "Unleash"
kinds = ["compose"]

[image]
repository = "{repository}"
port = 4242
folder = "/app/node_modules/unleash-server"

[health]
path = "/health"
contains = {{ health = "GOOD" }}

[version]
path = "/docs/openapi.json"
field = "info.version"

[log]
failed = ['Failed to migrate db (?:\\\\w*[eE]rror): (?P<reason>.+)']

[migrations]
table = "public.migrations"
files = "dist/migrations/*.js"
prefix = "/"
"""


async def publish(registry: ImageRegistry, folder: Path, trees: Mapping[str, Path]) -> None:
    """Make images of PostgreSQL and of every installed version, and put them into the registry."""
    packed = folder / "layers"
    packed.mkdir(exist_ok=True)
    base, node = await bases.shell_layer(packed), await bases.node_layer(packed)
    postgres = Built([base, *await bases.postgres_layers(packed)], bases.POSTGRES_CONFIG)
    await registry.push("postgres", "18", postgres)
    command = {"Cmd": ["node", "node_modules/unleash-server/dist/server.js"]}
    for version, installed in trees.items():
        files = await asyncio.to_thread(tree, installed / "node_modules", "app/node_modules", (".map", ".d.ts"))
        layer = await asyncio.to_thread(pack, packed / f"{version}.tar.gz", files)
        await registry.push("unleash-server", version, Built([base, node, layer], {**bases.NODE_CONFIG, **command}))


def products(folder: Path, registry: str) -> Path:
    """Write the product file that names the registry; return the folder that it is in."""
    made = folder / "products"
    made.mkdir(exist_ok=True)
    (made / "unleash.toml").write_text(PRODUCT.format(repository=f"{registry}/unleash-server"))
    return made


@dataclass(frozen=True)
class ComposeStage:
    """One project with secrets of its own."""

    screen: Screen
    folder: Path
    config: InstanceConfig
    token: str
    registry: str

    @classmethod
    async def build(cls, screen: Screen, folder: Path, port: int, registry: str) -> Self:
        """Write the files of the project and of its secrets."""
        own = secrets.token_hex(3)
        token, password = f"*:*.{secrets.token_hex(16)}", secrets.token_hex(16)
        kept, project = folder / "secrets" / f"flags-{own}", folder / "projects" / own
        kept.mkdir(mode=0o700, parents=True)
        project.mkdir(mode=0o700, parents=True)
        write(kept / "password", password.encode(), private=True)
        write(project / ".env", f"DATABASE_PASSWORD={password}\nADMIN_TOKEN={token}\n".encode(), private=True)
        password_from = f"file:{kept / 'password'}"
        config = InstanceConfig(
            f"flags-{own}",
            "unleash",
            port,
            kind="compose",
            database=DatabaseConfig(DATABASE, USER, password=password_from),
            compose=ComposeProject(str(project), f"flags-{own}", database_service="db"),
            patience_seconds=120,
        )
        return cls(screen, project, config, token, registry)

    async def begin(self, version: str) -> None:
        """Write the project as its owner would, start it and wait until it is healthy."""
        self.write(version)
        self.screen.say(f"Its project is {self.folder / 'compose.yaml'}.")
        self.screen.command(("docker", "compose", "up", "--detach", "--wait"))
        with self.screen.console.status("   pulling and starting"):
            await self.compose("up", "--detach", "--wait", "--wait-timeout", str(HEALTHY_SECONDS))
            product = parse_product(PRODUCT.format(repository=f"{self.registry}/unleash-server"), "unleash.toml")
            async with Probe.open(self.config, product) as probe:
                healthy, seen = await probe.health()
        if not healthy:
            raise ClaimFailed(f"Unleash {version} did not become healthy: {seen}")

    def write(self, version: str) -> None:
        """Write the project's file with this version in it."""
        text = PROJECT.format(
            repository=f"{self.registry}/unleash-server",
            postgres=f"{self.registry}/postgres:18",
            version=version,
            port=self.config.port,
            user=USER,
            database=DATABASE,
        )
        (self.folder / "compose.yaml").write_text(text)

    async def stop(self) -> None:
        """End the project, with its volume."""
        await self.compose("down", "--volumes", "--timeout", "5")

    async def flags_in(self, database: str) -> set[str]:
        """Read the flags straight from a database of the project's server."""
        ask = ("psql", "-h", "127.0.0.1", "-U", USER, "-XAtqc", "SELECT name FROM features", database)
        return set((await self.compose("exec", "--no-TTY", *self.login, "db", *ask)).split())

    @property
    def login(self) -> tuple[str, str]:
        """What `docker compose exec` needs for PostgreSQL's own programs."""
        return "--env", f"PGPASSWORD={(self.folder / '.env').read_text().split()[0].partition('=')[2]}"

    async def compose(self, *words: str) -> str:
        """Run a command of Compose on the project; return what it printed."""
        command = ["docker", "compose", "--project-directory", str(self.folder), "-p", self.config.name, *words]
        try:
            return (await shell.run(command, env=inherited(), deadline=HEALTHY_SECONDS + 60)).stdout
        except shell.CommandProblem as error:
            raise ClaimFailed(str(error)) from error
