"""A gateway in a scratch place: a role and a database of its own, and started until it is healthy."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from astrolabe.cli.failure import refusals_as_errors
from astrolabe.domain.instances.instance import DatabaseConfig, InstanceConfig
from astrolabe.domain.instances.registration import check_config
from astrolabe.domain.plans.plan import Artifact
from astrolabe.domain.products.product import Product
from astrolabe.domain.words import Version
from astrolabe.store.whole_file import write
from astrolabe.workers.instance.probe import Probe, Probed
from astrolabe.workers.kinds.driver import GatewayId
from astrolabe.workers.kinds.npm.npx import NpxDriver
from astrolabe.workers.programs import shell, tools
from astrolabe.workers.programs.environment import inherited

HEALTHY_SECONDS = 120
BY_ITS_OWNER: Final = "by-its-owner"
"""The mark of what was started as an owner would."""
NO_QUEUE: Final = "redis://127.0.0.1:1/0"
"""Said in place of a queue, where nobody sends messages."""


def checked(config: InstanceConfig, product: Product) -> InstanceConfig:
    """Return an instance as it is to be registered; raises CommandError where its product does not take it."""
    with refusals_as_errors():
        check_config(config, {product.name: product})
    return config


async def make_database(server_url: str, name: str, password: str, kept: Path) -> DatabaseConfig:
    """Make a role and a database of its own; `kept` is an instance's folder of secrets, which gets the password."""
    write(kept / "password", password.encode(), private=True)
    script = kept / "role.sql"
    role = f"CREATE ROLE {name} LOGIN CREATEDB PASSWORD '{password}';"
    write(script, f"{role}\nCREATE DATABASE {name} OWNER {name};\n".encode(), private=True)
    await psql(server_url, "--file", str(script))
    script.unlink()
    server = urlsplit(server_url)
    return DatabaseConfig(name, name, server.hostname or "127.0.0.1", server.port or 5432, f"file:{kept / 'password'}")


async def psql(url: str, *words: str, database: str | None = None) -> str:
    """Run psql as the server's owner; the password travels in the environment."""
    parts = urlsplit(url)
    where = {"PGHOST": parts.hostname or "", "PGPORT": str(parts.port or 5432), "PGUSER": unquote(parts.username or "")}
    env = {**inherited(), **where, "PGPASSWORD": unquote(parts.password or "")}
    options = ["-XAtq", "-v", "ON_ERROR_STOP=1", "--dbname", database or "postgres"]
    return (await shell.run([tools.postgres("psql"), *options, *words], env=env, deadline=60)).stdout


async def start_version(
    driver: NpxDriver, config: InstanceConfig, product: Product, version: Version, mark: str
) -> tuple[bool, str, str]:
    """Install a version and start it with its workers: whether it serves, how that ended, and its last words if not."""
    artifact = (await driver.resolve(version)).artifact
    await driver.pull(artifact, lambda _: None)
    outcome = "not migrated"
    if await migrated(driver, artifact, mark):
        outcome = "not healthy"
        started = await driver.start(artifact, mark)
        if await becomes_healthy(driver, started, config, product):
            await driver.start_workers(artifact, mark)
            return True, "healthy", ""
    return False, outcome, " / ".join((await driver.output(mark)).splitlines()[-5:])


async def migrated(driver: NpxDriver, artifact: Artifact, mark: str) -> bool:
    """Run what a product needs before the gateway of a start; False where that does not end well in time."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(HEALTHY_SECONDS):
            while job := await driver.next_job(artifact, mark):
                while await driver.alive(job):  # noqa: ASYNC110  a process that outlives us signals nobody
                    await asyncio.sleep(0.05)
                if await driver.exit_code(job) != 0:
                    return False
            return True
    return False


@contextlib.asynccontextmanager
async def _asking(driver: NpxDriver, config: InstanceConfig, product: Product) -> AsyncGenerator[Probed]:
    if own := driver.own_probe():
        yield own
        return
    async with Probe.open(config, product) as probe:
        yield probe


async def becomes_healthy(driver: NpxDriver, started: GatewayId, config: InstanceConfig, product: Product) -> bool:
    """Wait until what was started answers that it is well; False where it ends, or takes too long."""
    with contextlib.suppress(TimeoutError):
        async with _asking(driver, config, product) as probe, asyncio.timeout(HEALTHY_SECONDS):
            while await driver.alive(started):
                if (await probe.health())[0]:
                    return True
                await asyncio.sleep(0.1)
    return False
