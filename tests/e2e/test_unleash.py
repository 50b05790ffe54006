"""The main job, on the real thing: Unleash 5.6.0 to 6.10.1, and back."""

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio

from astrolabe.cli.demo.unleash import Unleash
from astrolabe.cli.servers.postgres import Postgres
from astrolabe.cli.servers.valkey import Valkey
from astrolabe.domain.instances.instance import DatabaseConfig, InstanceConfig
from astrolabe.store.products.catalogue import load_products
from astrolabe.workers.instance import process
from astrolabe.workers.instance.host import Host
from astrolabe.workers.instance.probe import Probe
from astrolabe.workers.instance.secret import Secrets
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.npm.npx import NpxDriver
from astrolabe.workers.programs import shell, tools
from tests.databases import run
from tests.e2e.processes import Astrolabe
from tests.e2e.proving import Proving
from tests.ports import free_port

pytestmark = [pytest.mark.products, pytest.mark.product("unleash", in_ci=True)]

OLD, NEW = "5.6.0", "6.10.1"
TOKEN = "*:*.a-token-to-look-for"

BACKGROUND = ("api_tokens", "events", "features", "project_stats", "projects")
"""Tables that an idle Unleash writes: last seen, announced, statistics."""

EVENTS = "SELECT id, type, data FROM events ORDER BY id"

DUPLICATE = """
INSERT INTO api_tokens (secret, username, type, environment, token_name)
VALUES ('default:development.dup0', 'dup', 'client', 'development', 'dup0');
INSERT INTO api_token_project (secret, project)
SELECT 'default:development.dup0', 'default' FROM generate_series(1, 2);
"""
"""Rows that 5.6.0 bears and 6.10.1 cannot migrate."""

SEEN = ("unleash", OLD, NEW, "a duplicate row stops migration 243 of 332", "its SDKs, edge and proxy")


@dataclass
class House:
    """One Unleash, registered with one Astrolabe."""

    astrolabe: Astrolabe
    server: Postgres
    config: InstanceConfig
    driver: NpxDriver
    user: Unleash

    @property
    def database(self) -> str:
        """The name of its database."""
        assert self.config.database
        return self.config.database.name

    async def rows(self, query: str, database: str | None = None) -> list[Any]:
        """Ask a database of the server, as its superuser."""
        connection = await asyncpg.connect(self.server.url(database or self.database))
        try:
            return [tuple(row) for row in await connection.fetch(query)]
        finally:
            await connection.close()

    async def dump(self, database: str | None = None) -> str:
        """Return schema and rows as pg_dump writes them, without what an idle Unleash itself writes."""
        own = [f"--exclude-table-data={table}" for table in BACKGROUND]
        url = self.server.url(database or self.database)
        argv = [tools.postgres("pg_dump"), "--dbname", url, "--no-owner", *own]
        text = (await shell.run(argv, env={}, deadline=60, keep=1 << 26)).stdout
        return "\n".join(line for line in text.splitlines() if not line.startswith(("\\restrict", "\\unrestrict")))

    async def flags(self, database: str | None = None) -> set[str]:
        """Read the flags from a database."""
        return {str(row[0]) for row in await self.rows("SELECT name FROM features", database)}

    async def upgraded(self) -> dict[str, Any]:
        """Ask for the upgrade and wait for its end."""
        asked = await self.astrolabe.post("/upgrades", instance=self.config.name, target=NEW, reason="to see it")
        return await self.astrolabe.done(asked["id"])

    async def kept(self) -> str:
        """Return the name of the database kept aside."""
        shown = await self.astrolabe.get(f"/instances/{self.config.name}")
        return next(each["name"] for each in shown["kept"] if each["what"] == "database")


@pytest.fixture(scope="session")
def trees(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A host's folder whose trees stay from one session to the next, for they are some hundred megabytes."""
    kept = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "astrolabe-test" / "artifacts"
    kept.mkdir(parents=True, exist_ok=True)
    folder = tmp_path_factory.mktemp("unleash-host")
    (folder / "artifacts").symlink_to(kept)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture
async def house(
    trees: Path, postgres_server: Postgres, valkey: Valkey, database_url: str, tmp_path: Path
) -> AsyncIterator[House]:
    """An Unleash 5.6.0 that runs with a flag, registered with an Astrolabe of one worker."""
    name = f"unleash_{uuid4().hex[:8]}"
    password = uuid4().hex
    await run(postgres_server, f"CREATE ROLE {name} LOGIN CREATEDB PASSWORD '{password}'")
    await run(postgres_server, f"CREATE DATABASE {name} OWNER {name}")
    own = trees / "secrets" / name.replace("_", "-")
    own.mkdir(parents=True)
    (own / "password").write_text(password)
    (own / "token").write_text(TOKEN)
    port = int(postgres_server.url().rpartition(":")[2].partition("/")[0])
    config = InstanceConfig(
        name.replace("_", "-"),
        "unleash",
        public := free_port(),
        database=DatabaseConfig(name, name, "127.0.0.1", port, f"file:{own / 'password'}"),
        secrets={"INIT_ADMIN_API_TOKENS": f"file:{own / 'token'}"},
    )
    host = Host("local", trees, load_products(), Secrets([trees / "secrets"]))
    driver = NpxDriver(Site(host, name, config))
    artifact = (await driver.resolve(OLD)).artifact
    await driver.pull(artifact, lambda _: None)
    await driver.start(artifact, "by-its-owner")
    async with Probe.open(config, host.products["unleash"]) as probe, asyncio.timeout(60):
        while not (await probe.health())[0]:
            await asyncio.sleep(0.05)
    try:
        async with (
            Astrolabe.started(database_url, valkey.url, trees, None, tmp_path) as astrolabe,
            Unleash(public, TOKEN) as user,
        ):
            await user.make_flag("before")
            await astrolabe.register(config, OLD)
            astrolabe.worker()
            yield House(astrolabe, postgres_server, config, driver, user)
    finally:
        running = process.listener(public)
        if running:
            await process.end(running)
        found = await _databases(postgres_server, name)
        await run(postgres_server, *(f'DROP DATABASE "{each}" WITH (FORCE)' for each in found), f"DROP ROLE {name}")


async def _databases(server: Postgres, name: str) -> list[str]:
    return (await server.sql(f"SELECT datname FROM pg_database WHERE datname LIKE '{name}%'")).split()


@pytest.mark.timeout(600)  # the first time, two trees come over the network
async def test_an_upgrade_and_the_way_back_keep_every_flag(house: House, proving: Proving) -> None:
    """The flag is there after the upgrade and after the rollback; one made between is in the database kept aside."""
    before, events = await house.dump(), await house.rows(EVENTS)
    operation = await house.upgraded()
    assert operation["status"] == "succeeded", (operation, house.astrolabe.said())
    assert await house.user.version() == NEW
    assert await house.user.flags() == {"before"}
    assert 0 < operation["result"]["downtime_ms"] < 60_000
    path = f"/instances/{house.config.name}"
    history = (await house.astrolabe.get(f"{path}/history"))["items"]
    steps = [each["data"]["step"] for each in history if each["type"] == "step_started"]
    assert steps == ["preflight", "backup", "pull", "migrate", "verify"]
    assert {(each["actor"], each["reason"]) for each in history[1:]} == {("alice", "to see it")}
    point = await house.astrolabe.get(f"{path}/rollback-point")
    assert point["artifact"]["version"] == OLD
    earlier = await house.astrolabe.http.get(f"{path}/rollback-point?at={history[1]['position']}")
    assert earlier.status_code == 404
    await house.user.make_flag("between")
    upgrade = f"/upgrades/{operation['id']}"
    await house.astrolabe.post(f"{upgrade}/rollback")
    refused = await house.astrolabe.done(operation["id"])
    assert refused["status"] == "succeeded"
    assert any("public.features" in line for line in refused["error"]["seen"])
    await house.astrolabe.post(f"{upgrade}/rollback", accept_lost_writes=True)
    back = await house.astrolabe.done(operation["id"])
    assert back["status"] == "rolled_back"
    assert await house.user.version() == OLD
    assert await house.user.flags() == {"before"}
    assert await house.flags(await house.kept()) == {"before", "between"}
    assert await house.dump() == before
    assert await house.rows(EVENTS) == events
    proving.note("unleash", "upgrade", operation["result"]["downtime_ms"])
    proving.note("unleash", "rollback", back["result"]["downtime_ms"])
    await proving.keep(*SEEN)


@pytest.mark.timeout(600)
async def test_the_real_failing_upgrade_ends_rolled_back_by_itself(house: House, proving: Proving) -> None:
    """A duplicate row stops migration 243: schema and rows are those from before, and no acknowledged flag is lost."""
    for statement in DUPLICATE.split(";\n"):
        await house.rows(statement)
    before = await house.dump()
    acknowledged: set[str] = set()
    async with _writing(house, acknowledged):
        operation = await house.upgraded()
    assert operation["status"] == "rolled_back", (operation, house.astrolabe.said())
    assert await house.user.version() == OLD
    assert "20240118093611-missing-primary-keys" in operation["error"]["detail"]
    assert 'could not create unique index "api_token_project_pkey"' in operation["error"]["detail"]
    assert len(acknowledged) > 3
    assert acknowledged <= await house.user.flags()
    kept = await house.kept()
    assert await house.rows("SELECT count(*) FROM migrations", kept) == [(242,)]
    assert await house.rows("SELECT count(*) FROM migrations") == [(210,)]
    assert _without_flags(await house.dump()) == _without_flags(before)
    history = (await house.astrolabe.get(f"/instances/{house.config.name}/history"))["items"]
    (downtime,) = [each["data"]["downtime_ms"] for each in history if each["type"] == "upgrade_rolled_back"]
    proving.note("unleash", "failure", downtime)
    await proving.keep(*SEEN)


def _without_flags(dump: str) -> list[str]:
    """Leave out what belongs to flags written meanwhile: their events, strategies and places in environments."""
    return [line for line in dump.splitlines() if "flag-" not in line and "pg_catalog.setval" not in line]


@contextlib.asynccontextmanager
async def _writing(house: House, acknowledged: set[str]) -> AsyncIterator[None]:
    """Make flags through the gateway, as fast as it answers, and note those that it acknowledged."""

    async def write() -> None:
        for number in range(100_000):
            with contextlib.suppress(httpx.HTTPError):
                await house.user.make_flag(f"flag-{number}")
                acknowledged.add(f"flag-{number}")
            await asyncio.sleep(0.01)

    writing = asyncio.create_task(write())
    try:
        yield
    finally:
        writing.cancel()
