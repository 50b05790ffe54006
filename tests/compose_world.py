"""A world of compose projects: the stand-in as images on a real registry, run by a real engine."""

import contextlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import ClassVar, cast
from uuid import uuid4

import pytest
import pytest_asyncio
from typing_extensions import override

from astrolabe.cli.private_engine import bases, own
from astrolabe.cli.private_engine.layers import Layer, pack, tree
from astrolabe.cli.private_engine.registry import Built, ImageRegistry
from astrolabe.cli.servers.folder import DataFolder
from astrolabe.cli.servers.postgres import Postgres
from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.domain.instances.instance import DatabaseConfig, InstanceConfig
from astrolabe.domain.kinds.compose import MARK, VERSION_LABEL
from astrolabe.domain.kinds.compose_isolation import network_of
from astrolabe.domain.plans.plan import Artifact
from astrolabe.domain.products.product_file import parse_product
from astrolabe.store.database import Database
from astrolabe.store.log.log import Log
from astrolabe.store.streams.instances import Instances
from astrolabe.workers.instance.grants import read_grants
from astrolabe.workers.instance.host import Host
from astrolabe.workers.instance.probe import Probe
from astrolabe.workers.instance.secret import Secrets
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.compose.container import Container
from astrolabe.workers.kinds.compose.driver import ComposeDriver
from astrolabe.workers.kinds.compose.engine import Engine
from astrolabe.workers.programs import shell
from astrolabe.workers.programs.environment import inherited
from tests.cluster import cluster_layer
from tests.databases import run
from tests.disks import small_disk
from tests.lacking import lacks
from tests.ports import free_port
from tests.standin.releases import BREAKING, RELEASES, Package, Release, package, unpack
from tests.world import BEHAVIOUR, GRANTED, PASSWORD, World

NAME = "standin/gateway"
SIBLING = "standin/learning"
WITH_SIBLING = ("1.1.0", "1.2.0", "2.0.0")
"""The versions that the sibling repository has, under tags of its own kind."""

HEAVY = Release("2.4.0", {}, BREAKING)
"""A release whose image is large; it is published as an image alone."""

HEAVY_MEGABYTES = 12
SUPERUSER = "a-superusers-password"
OF_CONTAINERS = ("*=file:*@172.*", "*=file:*@192.168.*")
"""Let an instance that names its database by a container's address be given its password there."""

PRODUCT = (
    """
name = "standin"
title = "Stand-in gateway"
kinds = ["compose"]
settings = ["STANDIN_SLOW_MS", "STANDIN_DOCTOR_MS", "STANDIN_TOKEN", "STANDIN_TELLS"]

[image]
repository = "{repository}"
port = 4000
folder = "/app"
command = ["node", "/app/gateway.js"]

"""
    + BEHAVIOUR
)

COMPOSE = """
services:
  gateway:
    image: {repository}:{version}
    init: true
    restart: unless-stopped
    profiles: [serving]
    ports: ["127.0.0.1:${{GATEWAY_PORT}}:4000"]
    environment:
      DATABASE_URL: postgres://{name}:${{DATABASE_PASSWORD}}@db:5432/{name}
      HTTP_HOST: 0.0.0.0
      HTTP_PORT: "4000"
      STANDIN_SLOW_MS: ${{STANDIN_SLOW_MS:-3000}}
      STANDIN_DOCTOR_MS: ${{STANDIN_DOCTOR_MS:-0}}
      STANDIN_TELLS: ${{STANDIN_TELLS:-}}
    depends_on: {{db: {{condition: service_healthy}}}}
"""
DATABASE = """
services:
  db:
    image: {postgres}
    command: ["-c", "fsync=off"]
    environment: {{POSTGRES_PASSWORD: {superuser}}}
    ports: ["127.0.0.1:${{DATABASE_PORT}}:5432"]
    healthcheck: {{test: ["CMD-SHELL", "{healthy}"], interval: 1s, timeout: 70s, retries: 60}}
"""
HEALTHY = "pg_isready -q -h 127.0.0.1 || exit 1; test -e /dev/shm/well && sleep 60; : >/dev/shm/well"
"""Says at once that it is healthy, and from then on once a minute: each check makes the engine start programs."""


@dataclass
class ImageHouse:
    """A registry with every release of the stand-in, and with PostgreSQL."""

    registry: ImageRegistry
    images: dict[str, Built] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    siblings: dict[str, str] = field(default_factory=dict)
    """The digests of the sibling repository by version."""

    @property
    def repository(self) -> str:
        """The stand-in's name, with its registry."""
        return f"{self.registry.address}/{NAME}"

    async def tag(self, version: str, tag: str) -> None:
        """Let a tag lead to a version."""
        await self.registry.push(NAME, tag, self.images[version])

    @property
    def tags(self) -> Path:
        """The folder that holds every tag of the stand-in."""
        return self.registry.folder / "blobs/docker/registry/v2/repositories" / NAME / "_manifests/tags"

    def blob(self, version: str) -> Path:
        """Find the file of the layer that only this version has."""
        digest = self.images[version].layers[-1].digest.removeprefix("sha256:")
        return self.registry.folder / "blobs/docker/registry/v2/blobs/sha256" / digest[:2] / digest / "data"


@pytest.fixture(scope="session")
def engine() -> None:
    """A container engine of this session's own; without one the test is skipped, and fails in CI."""
    if own.inside():
        return
    why = own.lacking() or "start the tests beside one: python -m astrolabe.cli.private_engine pytest -m engine"
    lacks(f"no container engine: {why}")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def image_house(
    engine: None,  # noqa: ARG001  (nothing is packed where nothing can run it)
    standin_modules: Path,
    servers_folder: DataFolder,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[ImageHouse]:
    """Images of every release, made from what this machine has and pushed to a registry."""
    folder = tmp_path_factory.mktemp("images")
    shell_layer, node = await bases.shell_layer(folder), await bases.node_layer(folder)
    cluster = await cluster_layer(servers_folder, folder / "cluster.tar.gz", SUPERUSER)
    postgres = Built([shell_layer, *await bases.postgres_layers(folder), cluster], bases.POSTGRES_CONFIG)
    house = ImageHouse(ImageRegistry(folder / "registry", free_port()))
    await house.registry.start()
    await house.registry.push("postgres", "18", postgres)
    for release in (*RELEASES, HEAVY):
        app = _packed(package(release, standin_modules), folder / release.version)
        config = {
            **bases.NODE_CONFIG,
            "Cmd": ["node", "gateway.js"],
            "Labels": {VERSION_LABEL: release.version},
        }
        built = house.images[release.version] = Built([shell_layer, node, app], config)
        house.digests[release.version] = await house.registry.push(NAME, release.version, built)
        if release.version in WITH_SIBLING:
            other = Built(built.layers, {**config, "Env": [*bases.NODE_CONFIG["Env"], "STANDIN_PART=learning"]})
            house.siblings[release.version] = await house.registry.push(SIBLING, f"v{release.version}", other)
    await house.tag("2.0.0", "latest")
    yield house
    house.registry.kill()


def _packed(released: Package, folder: Path) -> Layer:
    script = unpack(released, folder)
    # An engine that has a layer from anywhere fetches it from nowhere: who tests beside us must have others.
    (script.parent / "made-by").write_text(os.environ.get("PYTEST_XDIST_WORKER", ""))
    if released.version == HEAVY.version:
        # Nothing that could be packed smaller, and the same in every session.
        (script.parent / "ballast").write_bytes(Random(HEAVY.version).randbytes(HEAVY_MEGABYTES << 20))  # noqa: S311 (ballast, no secret)
    return pack(folder.with_suffix(".tar.gz"), tree(script.parent, "app"))


class ContainerServer:
    """The PostgreSQL of a project, as its superuser sees it."""

    def __init__(self) -> None:
        self.address: str = ""

    def url(self, database: str) -> str:
        """Return where a database is."""
        return f"postgresql://postgres:{SUPERUSER}@{self.address}:5432/{database}"


@dataclass
class ComposeWorld(World):
    """One instance of the stand-in as a project of two services."""

    too_large: ClassVar[str] = HEAVY.version
    house: ImageHouse = field(kw_only=True)
    database_port: int = field(default_factory=free_port)
    """The port of the host at which others reach the database."""

    @property
    @override
    def driver(self) -> ComposeDriver:
        return ComposeDriver(Site(self.host, self.instance_id, self.config))

    @property
    def project(self) -> ComposeProject:
        """The project that the owner made."""
        assert self.config.compose
        return self.config.compose

    @property
    def engine(self) -> Engine:
        """The engine, as a worker speaks to it."""
        return Engine(inherited(), ())

    @property
    @override
    def database_host(self) -> str:
        return cast("ContainerServer", self.server).address

    @property
    def network(self) -> str:
        """The private network of the instance."""
        return network_of(self.project)

    async def compose(self, *words: str) -> None:
        """Do what the owner types in the project's folder."""
        files = [word for file in self.project.files for word in ("-f", f"{self.project.folder}/{file}")]
        begun = ["docker", "compose", "--project-directory", self.project.folder, "-p", self.project.name]
        await shell.run([*begun, *files, "--profile", "serving", *words], env=inherited(), deadline=120)

    async def make(self) -> None:
        """Start the database, and make the role and the database of the gateway."""
        folder = Path(self.project.folder)
        folder.mkdir(parents=True)
        self._write("1.1.0")
        text = DATABASE.format(
            postgres=f"{self.house.registry.address}/postgres:18", superuser=SUPERUSER, healthy=HEALTHY
        )
        (folder / "database.yaml").write_text(text)
        env = f"GATEWAY_PORT={self.config.port}\nDATABASE_PORT={self.database_port}\nDATABASE_PASSWORD={PASSWORD}\n"
        (folder / ".env").write_text(env)
        await self.compose("up", "--detach", "--wait", "db")
        await self.find_database()
        role = f"CREATE ROLE {self.database} LOGIN CREATEDB PASSWORD '{PASSWORD}'"
        await run(self.server, role, f"CREATE DATABASE {self.database} OWNER {self.database}")

    @override
    async def find_database(self) -> None:
        labels = [f"com.docker.compose.project={self.project.name}", "com.docker.compose.service=db"]
        (database,) = await self.engine.labelled(*labels)
        assert database.address
        cast("ContainerServer", self.server).address = database.address

    def _write(self, version: str) -> None:
        text = COMPOSE.format(repository=self.house.repository, version=version, name=self.database)
        Path(self.project.folder, "compose.yaml").write_text(text)

    @override
    async def owner_starts(self, version: str = "1.1.0") -> None:
        self._write(version)
        await self.compose("up", "--detach", "--no-deps", "gateway")
        async with Probe.open(self.config, self.product, self.driver.reached) as probe:
            await self.until(probe.health)

    async def answers(self) -> tuple[bool, str]:
        """Return whether the gateway serves, and what was seen."""
        async with Probe.open(self.config, self.product, self.driver.reached) as probe:
            return await probe.health()

    @override
    async def gateways(self) -> list[Container]:
        return [each for each in await self._made() if each.state.running]

    async def _made(self) -> list[Container]:
        labels = [f"com.docker.compose.project={self.project.name}", "com.docker.compose.service=gateway"]
        return await self.engine.labelled(*labels)

    @override
    async def supervised(self) -> bool:
        return {each.policy for each in await self._made()} == {"unless-stopped"}

    @override
    async def strays(self) -> list[str]:
        """List containers of the gateway that do not run, and those that somebody only wanted to look into."""
        listed = (await self.engine.run(("docker", "ps", "--all", "--quiet", "--no-trunc"))).stdout.split()
        here = [found for each in listed if (found := await self.engine.container(each)) and not found.state.running]
        return [each.name for each in here if each.config.image.startswith(self.house.repository)]

    @override
    def published(self, version: str) -> Artifact:
        return Artifact(NAME, version, self.house.digests[version], self.house.registry.address)

    @override
    async def move_latest(self, version: str) -> None:
        await self.house.tag(version, "latest")

    @override
    async def unpull(self, version: str) -> None:
        names = [f"{self.house.repository}@{self.house.digests[version]}", f"{self.house.repository}:{version}"]
        await shell.run(["docker", "image", "rm", "--force", *names], env=inherited(), deadline=60, check=False)

    @override
    @contextlib.asynccontextmanager
    async def tampered(self, version: str) -> AsyncIterator[None]:
        blob = self.house.blob(version)
        true = blob.read_bytes()
        blob.write_bytes(true[:-64] + bytes(64))
        try:
            yield
        finally:
            blob.write_bytes(true)

    @override
    @contextlib.asynccontextmanager
    async def registry_down(self) -> AsyncIterator[None]:
        gone = self.house.registry
        gone.kill()
        try:
            yield
        finally:
            # Started anew: what a loop has started, no other loop can wait for.
            self.house.registry = ImageRegistry(gone.folder, gone.port)
            await self.house.registry.start()

    @override
    @contextlib.asynccontextmanager
    async def withdrawn(self, version: str) -> AsyncIterator[None]:
        here = self.house.tags / version
        there = here.rename(self.house.registry.folder / f"withdrawn-{version}")
        try:
            yield
        finally:
            there.rename(here)

    @override
    @contextlib.asynccontextmanager
    async def cramped(self) -> AsyncIterator[None]:
        # All tests of an engine share this disk: what others pull meanwhile is far smaller than this version.
        async with small_disk(own.DOWNLOADS, megabytes=HEAVY_MEGABYTES // 2):
            yield

    @override
    async def end(self) -> None:
        for each in await self.engine.labelled(MARK):
            if (each.config.labels or {})[MARK].startswith(self.instance_id):
                await shell.run(["docker", "rm", "--force", each.id], env=inherited(), deadline=60)
        await self.compose("down", "--volumes", "--timeout", "1")
        await shell.run(["docker", "network", "rm", self.network], env=inherited(), deadline=60, check=False)


@contextlib.asynccontextmanager
async def compose_world(house: ImageHouse, folder: Path, log_url: str) -> AsyncIterator[ComposeWorld]:
    """Make a world, and clear it away."""
    name = f"standin_{uuid4().hex[:8]}"
    kept = folder / "secrets"
    own = kept / name.replace("_", "-")
    own.mkdir(parents=True)
    (own / "password").write_text(PASSWORD)
    product = parse_product(PRODUCT.format(repository=house.repository), "standin.toml")
    files = ("compose.yaml", "database.yaml")
    async with Database(log_url, pool_size=4) as database:
        made = ComposeWorld(
            cast("Postgres", ContainerServer()),
            None,
            Host("local", folder, {"standin": product}, Secrets([kept], read_grants((*GRANTED, *OF_CONTAINERS)))),
            Instances(Log(database)),
            database,
            InstanceConfig(
                name.replace("_", "-"),
                "standin",
                free_port(),
                kind="compose",
                database=DatabaseConfig(name, name, password=f"file:{own / 'password'}"),
                compose=ComposeProject(
                    str(folder / "projects" / name), name, files=files, profiles=("serving",), database_service="db"
                ),
                patience_seconds=10,
            ),
            longest_request=2.5,  # as long as the engine's proxy may try to reach a container that is gone
            house=house,
        )
        try:
            await made.make()
            yield made
        finally:
            await made.end()
