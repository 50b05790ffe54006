"""The upgrade document's own way: a gateway that its user started with `npx`, taken to `latest`, and back."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import psutil
import pytest_asyncio
from msgspec.structs import replace

from astrolabe.cli.servers.postgres import Postgres
from astrolabe.domain.products.product_file import parse_product
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import Register
from astrolabe.store.products.catalogue import BUILT_IN
from astrolabe.workers.instance import process
from astrolabe.workers.instance.probe import Probe
from astrolabe.workers.programs import shell, tools
from astrolabe.workers.programs.command import Finished
from tests.standin import astra
from tests.standin.npm import environment
from tests.standin.registry import Registry
from tests.waiting import ended
from tests.world import PASSWORD, World, world

INVALID = "SELECT count(*) FROM pg_index WHERE NOT indisvalid"


class Document:
    """The user of the upgrade document: what they type, and what they have."""

    def __init__(self, gateway: World, home: Path) -> None:
        self.gateway = gateway
        self._home = home

    @property
    def _environment(self) -> dict[str, str]:
        where = self.gateway.config.database
        assert where
        return {
            **environment(self.gateway.registry.url, self._home),
            "DATABASE_URL": f"postgresql://{where.user}:{PASSWORD}@{where.host}:{where.port}/{where.name}",
            "PORT": str(self.gateway.config.port),
        }

    async def types(self, *words: str) -> Finished:
        """Type `npx …` and wait for its end."""
        return await self.runs(*tools.npx(), *words)

    async def runs(self, *words: str) -> Finished:
        """Type a command and wait for its end."""
        return await shell.run(words, env=self._environment, cwd=self._home, deadline=60, check=False)

    async def starts(self, *words: str) -> list[int]:
        """Type `npx …` and leave it running; return the pids of all that came of it once it serves."""
        command = [*tools.npx(), *words]
        pid = shell.spawn(command, env=self._environment, cwd=self._home, log=self._home / "npx.log")
        async with Probe.open(self.gateway.config, self.gateway.product) as probe, asyncio.timeout(30):
            while not (await probe.health())[0]:
                await asyncio.sleep(0.02)
        return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]


@pytest_asyncio.fixture
async def document(
    standin_modules: Path,
    postgres_server: Postgres,
    registry: Registry,  # noqa: ARG001  it keeps npm's settings for tests
    host_folder: Path,
    database_url: str,
    tmp_path: Path,
) -> AsyncIterator[Document]:
    """A registry that has `astra`, and the product file that is built in, with that registry named in it."""
    with Registry() as published:
        for package in astra.gateway_packages(standin_modules):
            published.publish(package)
        text = (BUILT_IN / "astra.toml").read_text()
        text = text.replace('bin = "astra"\n', f'bin = "astra"\nregistry = "{published.url}"\n')
        async with world(postgres_server, published, host_folder, database_url) as gateway:
            gateway.host.products["astra"] = parse_product(text, "astra.toml")
            gateway.config = replace(gateway.config, product="astra")
            connection = await asyncpg.connect(postgres_server.url(gateway.database))
            await connection.execute("CREATE EXTENSION vector")  # only a superuser may
            await connection.close()
            yield Document(gateway, tmp_path)


async def test_what_npx_started_is_taken_over_and_brought_to_latest(document: Document) -> None:
    """npx, its shell and its gateway are all gone, `latest` is an exact version, and every row is there; and back."""
    gateway = document.gateway
    pids = await document.starts("astra@0.9.3")
    assert len(pids) > 1
    listening = process.listener(gateway.config.gateway_port)
    assert listening
    assert listening.pid in pids[1:]
    await gateway.write("first")
    await gateway.ask(Register(gateway.config))
    adopted = await gateway.carry_out()
    assert isinstance(adopted.state, s.Idle)
    assert (adopted.state.instance.version, adopted.state.instance.in_sync) == ("0.9.3", True)
    loaded = await gateway.upgrade("latest")
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.instance.version == "0.9.4" == await gateway.running()
    assert all(map(ended, pids))
    assert len(await gateway.gateways()) == 1
    assert await gateway.items() == ["first"]
    assert await gateway.rows("SELECT name, note, state FROM items") == [("first", None, "open")]
    assert await gateway.rows(INVALID) == [(0,)]
    plan = (await gateway.one(e.PreflightPassed)).plan
    assert plan.new == await gateway.artifact("0.9.4")
    assert plan.new.integrity == gateway.registry.package("astra", "0.9.4").integrity
    assert not any("latest" in word for each in plan.commands for word in each.argv)
    doctor, serve = (each.argv for each in plan.commands if each.step == "verify")
    assert "ok: no migration is pending" in (await document.runs(*doctor)).stdout
    assert serve == next(each.argv for each in plan.commands if each.step == "migrate" and "psql" not in each.argv)
    assert (await document.types("astra", "doctor")).returncode == 0
    assert (await document.types("astra@latest", "--version")).stdout == "0.9.4\n"
    await gateway.roll_back(accept=True)
    assert await gateway.running() == "0.9.3"
    assert await gateway.items() == ["first"]
