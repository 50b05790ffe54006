import asyncio
import itertools
import socket
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from astrolabe.cli.servers.postgres import Postgres
from astrolabe.workers.programs import tools
from astrolabe.workers.programs.command import Finished
from astrolabe.workers.programs.shell import run
from tests.standin import astra
from tests.standin.npm import npm
from tests.standin.registry import Registry
from tests.standin.releases import FINE, NAME, SLOW_STEPS, unpack
from tests.standin.running import Gateway, gateway_environment, running

_databases = itertools.count(1)


class Product:
    """The gateway's releases, laid out in a folder, and a database of their own."""

    def __init__(self, registry: Registry, database: str, folder: Path) -> None:
        self.registry = registry
        self.database = database
        self.folder = folder

    def argv(self, version: str) -> list[str | Path]:
        """The start command of a release."""
        return [tools.node(), unpack(self.registry.package(NAME, version), self.folder / version)]

    def running(self, version: str, **knobs: str):
        """Run a release."""
        return running(self.argv(version), self.database, self.folder, **knobs)

    async def command(self, version: str, *words: str) -> Finished:
        """Run a command of a release to its end."""
        argv = [*self.argv(version), *words]
        return await run(argv, env=gateway_environment(self.database), deadline=30, check=False)

    async def rows(self, sql: str) -> list[tuple[object, ...]]:
        """Ask the database."""
        connection = await asyncpg.connect(self.database)
        try:
            return [tuple(row) for row in await connection.fetch(sql)]
        finally:
            await connection.close()

    async def history(self) -> list[str]:
        """The migrations the database says it has had."""
        return [str(name) for (name,) in await self.rows("SELECT name FROM standin_migrations ORDER BY id")]

    async def columns(self, table: str) -> set[str]:
        """The columns of a table."""
        query = f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}'"
        return {str(name) for (name,) in await self.rows(query)}


@pytest.fixture
async def product(standin_registry: Registry, postgres_server: Postgres, tmp_path: Path) -> Product:
    """The gateway's releases and an empty database."""
    database = await postgres_server.create_database(f"standin_{next(_databases)}")
    return Product(standin_registry, database, tmp_path)


async def test_an_installed_gateway_migrates_serves_and_stops(
    standin_registry: Registry, product: Product, tmp_path: Path
):
    """Installed by npm and started by its bin, it migrates, serves, keeps what it acknowledged and stops with 0."""
    await npm("install", "--prefix", str(tmp_path), f"{NAME}@1.1.0", registry=standin_registry.url, home=tmp_path)
    async with running([tmp_path / "node_modules" / ".bin" / NAME], product.database, tmp_path) as gateway:
        assert await gateway.answers() == {"status": "ok", "version": "1.1.0"}
        said = gateway.log.read_text().splitlines()
        assert said[:-1] == [f"migrated {name}" for name in FINE.migrations]
        assert said[-1].startswith(f"{NAME} 1.1.0 listens on 127.0.0.1:")
        await gateway.write("first")
        assert await gateway.items() == ["first"]
        assert (await gateway.http.post("/items", content=b"{")).status_code == 400
        assert (await gateway.http.post("/items", json={})).status_code == 400
        assert (await gateway.http.get("/ready")).status_code == 404
        assert await gateway.child.stop(grace=5) == 0
    assert await product.rows("SELECT name FROM items") == [("first",)]
    assert await product.history() == list(FINE.migrations)


async def test_every_acknowledged_write_survives_a_stop(product: Product):
    """Stopped in the middle of writes, each one answered with 201 is in the database."""
    acknowledged: list[int] = []

    async def write(gateway: Gateway) -> None:
        while True:
            try:
                acknowledged.append(await gateway.write("one of many"))
            except httpx.TransportError:
                return

    async with product.running("1.0.0") as gateway:
        await gateway.answers()
        writers = [asyncio.create_task(write(gateway)) for _ in range(8)]
        while len(acknowledged) < 100:
            await asyncio.sleep(0.001)
        assert await gateway.child.stop(grace=5) == 0
        await asyncio.gather(*writers)
    kept = {number for (number,) in await product.rows("SELECT id FROM items")}
    assert set(acknowledged) <= kept


async def test_an_upgrade_keeps_the_data_and_drops_what_it_says(product: Product):
    """2.0.0 runs what is pending, keeps every item and drops a column; 1.0.0 then runs on the new schema, silently."""
    for version, columns in (
        ("1.0.0", {"id", "name"}),
        ("1.1.0", {"id", "name", "note"}),
        ("2.0.0", {"id", "name"}),
        ("1.0.0", {"id", "name"}),
    ):
        async with product.running(version) as gateway:
            assert (await gateway.answers())["version"] == version
            await gateway.write(version)
        assert await product.columns("items") == columns
    assert await product.rows("SELECT name FROM items ORDER BY id") == [("1.0.0",), ("1.1.0",), ("2.0.0",), ("1.0.0",)]
    assert await product.history() == [*FINE.migrations, "2001-drop-note"]


async def test_a_migration_fails_half_way(product: Product):
    """1.2.0 exits with 1: its first migration has altered schema and data, of the second there is nothing."""
    async with product.running("1.1.0") as gateway:
        await gateway.answers()
        await gateway.write("Mixed Case")
    failed = await product.command("1.2.0")
    assert failed.returncode == 1
    migrated, reason = failed.stdout.splitlines()
    assert migrated == "migrated 1201-add-slug"
    assert reason.startswith("migration failed: 1202-link-labels: there is no unique constraint matching given keys")
    assert await product.history() == [*FINE.migrations, "1201-add-slug"]
    assert await product.rows("SELECT name, slug, note FROM items") == [("MIXED CASE", "mixed case", None)]
    assert await product.columns("labels") == {"id", "name"}


async def test_the_documents_releases_migrate_in_each_of_its_six_ways(
    product: Product, standin_modules: Path, tmp_path: Path
):
    """0.9.4 brings five types, its HNSW index rebuilt and valid; 1.0.0 drops a column; the rows stay."""
    await product.rows("CREATE EXTENSION vector")
    for packed in astra.gateway_packages(standin_modules):
        unpack(packed, tmp_path / packed.version)
    for version in ("0.9.3", "0.9.4", "1.0.0"):
        argv = [tools.node(), tmp_path / version / "package" / "gateway.js"]
        async with running(argv, product.database, tmp_path) as gateway:
            assert (await gateway.answers())["version"] == version
            await gateway.write(version)
    assert await product.history() == list(astra.BREAKING.migrations)
    assert await product.columns("items") == {"id", "name", "state"}
    assert await product.rows("SELECT count(*) FROM items WHERE state = 'open'") == [(3,)]
    valid = "SELECT indexrelid::regclass::text FROM pg_index WHERE indisvalid AND indexrelid::regclass::text"
    assert set(await product.rows(f"{valid} IN ('items_state', 'memories_embedding')")) == {
        ("items_state",),
        ("memories_embedding",),
    }


async def test_a_slow_migration_shows_its_progress(product: Product):
    """1.3.0 takes as long as it is told, in small migrations that can be seen one by one, and serves after them."""
    async with product.running("1.3.0", STANDIN_SLOW_MS="600") as gateway:
        await gateway.answers()
    times = await product.rows(
        "SELECT extract(epoch FROM max(run_on) - min(run_on))::float FROM standin_migrations WHERE name LIKE '130%'"
    )
    assert isinstance(times[0][0], float)
    assert 0.5 < times[0][0] < 5
    assert len(await product.history()) == len(FINE.migrations) + 1 + SLOW_STEPS


async def test_killed_while_it_migrates_it_goes_on_at_the_next_start(product: Product):
    """SIGTERM during a migration ends it at once; what was committed stays, and the next start does the rest."""
    async with product.running("1.3.0", STANDIN_SLOW_MS="60000") as gateway:
        sleeping = "SELECT true FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep%'"
        while not await product.rows(f"{sleeping} AND datname = current_database() AND pid <> pg_backend_pid()"):
            await asyncio.sleep(0.01)
        assert "migrated 1300" in gateway.log.read_text()
        assert await gateway.child.stop(grace=5) == -15
    # Its session in the server sleeps on, and holds its lock, until somebody ends it.
    ours = "datname = current_database() AND pid <> pg_backend_pid()"
    ended = await product.rows(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {ours}")
    assert ended == [(True,)]
    assert (await product.history())[-1] == "1300-create-archive"
    async with product.running("1.3.0", STANDIN_SLOW_MS="0") as gateway:
        await gateway.answers()
    assert len(await product.history()) == len(FINE.migrations) + 1 + SLOW_STEPS


async def test_a_release_may_never_become_healthy(product: Product):
    """1.4.0 migrates and listens, and its health is 503 for ever."""
    async with product.running("1.4.0") as gateway:
        assert await gateway.answers(503) == {"status": "starting", "version": "1.4.0"}
    assert (await product.history())[-1] == "1401-add-rank"


async def test_a_release_may_exit_after_its_migrations(product: Product):
    """1.5.0 migrates and exits with 3 without ever listening."""
    ended = await product.command("1.5.0")
    assert (ended.returncode, ended.stdout.splitlines()[-2:]) == (3, ["migrated 1501-add-rank", "cannot go on"])


async def test_doctor_sees_what_health_does_not(product: Product):
    """`doctor` is content with 1.1.0, finds pending migrations, and fails for 1.6.0 although that one is healthy."""
    assert (await product.command("1.1.0", "doctor")).returncode == 1
    async with product.running("1.1.0") as gateway:
        await gateway.answers()
        assert (await product.command("1.1.0", "doctor")).returncode == 0
        ahead = await product.command("2.0.0", "doctor")
        assert (ahead.returncode, "pending migrations: 2001-drop-note" in ahead.stdout) == (1, True)
    async with product.running("1.6.0") as gateway:
        await gateway.answers()
        sick = await product.command("1.6.0", "doctor")
        assert (sick.returncode, "the rank of some items is unknown" in sick.stdout) == (1, True)


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port somebody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


async def test_a_taken_port_or_no_database_ends_the_start(product: Product, taken_port: int):
    """It never moves to another port, and says in one line why it cannot start."""
    for env, reason in (
        (gateway_environment(product.database, taken_port), "EADDRINUSE"),
        (gateway_environment(f"{product.database}_missing"), "does not exist"),
    ):
        ended = await run(product.argv("1.0.0"), env=env, deadline=30, check=False)
        assert (ended.returncode, reason in ended.stdout.splitlines()[-1]) == (1, True)
