"""A play: a product's project is adopted, its upgrade fails and goes back by itself, succeeds, and is taken back."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import msgspec
from msgspec import Struct

from astrolabe.cli.private_engine import bases
from astrolabe.cli.private_engine.layers import Layer
from astrolabe.cli.private_engine.registry import Built, ImageRegistry
from astrolabe.cli.scratch import NO_QUEUE
from astrolabe.cli.supervisor import Supervisor
from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.domain.instances.instance import DatabaseConfig, InstanceConfig
from astrolabe.domain.instances.registration import check_config
from astrolabe.domain.products.product import Product
from astrolabe.domain.products.product_file import parse_product
from astrolabe.domain.recorded import Cause
from astrolabe.domain.upgrades.commands import Command, Register, RequestRollback, RequestUpgrade
from astrolabe.domain.upgrades.events import Event
from astrolabe.domain.upgrades.sentences import sentence
from astrolabe.domain.upgrades.states import Idle
from astrolabe.store.database import Database
from astrolabe.store.ids import new_id
from astrolabe.store.log.entry import type_of
from astrolabe.store.log.log import Log
from astrolabe.store.migrate import migrate
from astrolabe.store.streams.instances import Instances, Loaded
from astrolabe.workers.instance.host import Host
from astrolabe.workers.instance.secret import Secrets
from astrolabe.workers.programs.environment import inherited
from astrolabe.workers.worker.carry_out import CarryOut
from tests.ports import free_port
from tests.projects.project import GUARD, NO_GUARD, Project
from tests.projects.recipe import Recipe

CAUSE: Final = Cause("the owner", "to prove a product", "cli")
WORKS_SECONDS: Final = 90


class Played(Struct, frozen=True):
    """What came of a part of a play, and for how long nobody was served in it, in milliseconds."""

    part: str
    outcome: str
    downtime_ms: int | None = None


class Player:
    """One project and the Astrolabe that acts on it."""

    def __init__(self, recipe: Recipe, project: Project, database: Database, host: Host) -> None:
        self.recipe = recipe
        self.project = project
        self._id = new_id()
        self._instances = Instances(Log(database))
        self._worker = CarryOut(database, host, "player", lease_seconds=60)

    async def ask(self, command: Command) -> tuple[Loaded, list[Event]]:
        """Ask for something, and do all that is then due; return where it led, and what happened."""
        before = await self._instances.load(self._id)
        await self._instances.execute(before, command, CAUSE)
        await self._worker(self._id)
        loaded = await self._instances.load(self._id)
        return loaded, [each.event for each in loaded.history if each.version > before.version]

    async def part(self, name: str, command: Command, outcome: str, version: str) -> Played:
        """Play an upgrade or a way back, which must end so at a version, with all members of it at work."""
        loaded, happened = await self.ask(command)
        state = loaded.state
        assert isinstance(state, Idle), said(happened)
        last = state.instance.last
        assert last, said(happened)
        assert (last.outcome, state.instance.version) == (outcome, version), said(happened)
        await self.all_work(version)
        took = [ms for each in happened if (ms := getattr(each, "downtime_ms", None)) is not None]
        return Played(name, outcome, took[-1] if took else None)

    async def all_work(self, version: str) -> None:
        """Wait until every member works, at this version and no other."""
        wanted = self.recipe.tag.format(version=version)
        running = {service: tag for service, tag in (await self.project.versions()).items() if service != "db"}
        assert set(running.values()) == {wanted}, running
        async with asyncio.timeout(WORKS_SECONDS):
            await self.recipe.works(self.project, version)

    async def rows(self, query: str) -> str:
        """Read from the project's database."""
        return await self.project.sql(query)


def said(happened: list[Event]) -> str:
    """Write what happened, a line an event."""
    rows: list[tuple[str, dict[str, Any]]] = [(type_of(each), msgspec.to_builtins(each)) for each in happened]
    return "\n".join(f"{kind}: {sentence(kind, data)}" for kind, data in rows)


async def play(recipe: Recipe, trees: Path, folder: Path) -> list[Played]:
    """Play everything beside an engine, from what was fetched into `trees`."""
    environment = {**inherited(), "REDIS_URL": NO_QUEUE}
    with TemporaryDirectory(prefix="astrolabe-test-") as passable:  # a test's own folder is closed to a server's user
        servers = Supervisor(Path(passable), environment=environment, children=(), say=lambda _: None, fast=True)
        return await _beside(servers, recipe, trees, folder)


async def _beside(servers: Supervisor, recipe: Recipe, trees: Path, folder: Path) -> list[Played]:
    folder.mkdir()
    async with servers, ImageRegistry(folder / "registry", free_port()) as registry:
        await migrate(servers.environment["DATABASE_URL"])
        repository = await _published(recipe, registry, trees, folder)
        product = parse_product(recipe.product.format(repository=repository), f"{recipe.name}.toml")
        async with _living(recipe, registry, repository, folder) as project:
            secrets = Secrets([_secret(recipe, project, folder)])
            host = Host("local", folder / "host", {product.name: product}, secrets)
            async with Database(servers.environment["DATABASE_URL"], pool_size=4) as database:
                return await _played(Player(recipe, project, database, host), _config(recipe, project, product, folder))


async def _published(recipe: Recipe, registry: ImageRegistry, trees: Path, folder: Path) -> str:
    packed = folder / "layers"
    packed.mkdir()
    base: Layer = await bases.shell_layer(packed)
    await registry.push("postgres", "18", Built([base, *await bases.postgres_layers(packed)], bases.POSTGRES_CONFIG))
    for version in (recipe.old, recipe.new):
        own = packed / version
        own.mkdir()
        built = await recipe.image(trees / version, [base], own)
        await registry.push(f"products/{recipe.name}", recipe.tag.format(version=version), built)
    return f"{registry.address}/products/{recipe.name}"


@contextlib.asynccontextmanager
async def _living(recipe: Recipe, registry: ImageRegistry, repository: str, folder: Path) -> AsyncIterator[Project]:
    project = Project.make(folder / "project", recipe.name, free_port(), recipe.database)
    text = recipe.compose.format(
        image=f"{repository}:{recipe.tag.format(version=recipe.old)}",
        postgres=f"{registry.address}/postgres:18",
        port=project.port,
        password=project.password,
    )
    (project.folder / "compose.yaml").write_text(text)
    recipe.prepare(project.folder)
    try:
        await project.compose("up", "--detach", "--wait", "--wait-timeout", "240", recipe.service)
        await project.compose("up", "--detach")
        yield project
    except BaseException:
        print(await project.compose("logs", "--no-color", "--tail", "60"))  # noqa: T201  where it has failed
        raise
    finally:
        await project.http.aclose()
        await project.compose("down", "--volumes", "--timeout", "5")


def _secret(recipe: Recipe, project: Project, folder: Path) -> Path:
    kept = folder / "secrets" / recipe.name
    kept.mkdir(parents=True, mode=0o700)
    (kept / "password").write_text(project.password)
    return folder / "secrets"


def _config(recipe: Recipe, project: Project, product: Product, folder: Path) -> InstanceConfig:
    password = f"file:{folder / 'secrets' / recipe.name / 'password'}"
    config = InstanceConfig(
        recipe.name,
        product.name,
        project.port,
        kind="compose",
        database=DatabaseConfig(recipe.database, recipe.database, password=password),
        compose=ComposeProject(str(project.folder), project.name, service=recipe.service, database_service="db"),
        patience_seconds=180,
    )
    check_config(config, {product.name: product})
    return config


async def _played(player: Player, config: InstanceConfig) -> list[Played]:
    recipe, project = player.recipe, player.project
    await player.all_work(recipe.old)
    await recipe.write(project, "before")
    loaded, happened = await player.ask(Register(config))
    assert isinstance(loaded.state, Idle), said(happened)
    assert loaded.state.instance.version == recipe.old, said(happened)
    parts = [Played("adopted", "found")]
    migrated = await player.rows(recipe.migrations)

    await project.sql(GUARD)
    parts.append(await player.part("failure", RequestUpgrade(new_id(), recipe.new), "rolled_back", recipe.old))
    assert await recipe.read(project) == {"before"}
    assert await player.rows(recipe.migrations) == migrated
    await project.sql(NO_GUARD)
    await recipe.write(project, "after_the_failure")

    upgrade_id = new_id()
    parts.append(await player.part("upgrade", RequestUpgrade(upgrade_id, recipe.new), "succeeded", recipe.new))
    assert await recipe.read(project) == {"before", "after_the_failure"}
    assert await player.rows(recipe.migrations) != migrated
    await recipe.write(project, "after_the_upgrade")
    assert await recipe.read(project) == {"before", "after_the_failure", "after_the_upgrade"}

    back = RequestRollback(upgrade_id, accept_lost_writes=True)
    parts.append(await player.part("rollback", back, "rolled_back", recipe.old))
    assert await recipe.read(project) == {"before", "after_the_failure"}
    assert await player.rows(recipe.migrations) == migrated
    return parts
