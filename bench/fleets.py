"""Fleets of a size: a log of instances with a past, lists that are up with it, and the API that serves them."""

import contextlib
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

from astrolabe.cli.own_python import run_astrolabe
from astrolabe.cli.ready import until_ready
from astrolabe.cli.servers.postgres import Postgres
from astrolabe.domain.instances.instance import DatabaseConfig, InstanceConfig
from astrolabe.domain.upgrades import events as e
from astrolabe.store.database import Database
from astrolabe.store.ids import new_id
from astrolabe.store.log.log import Log
from astrolabe.store.log.sequencer import Sequencer
from astrolabe.store.migrate import migrate
from astrolabe.store.ports import free_port
from astrolabe.store.streams.tokens import Tokens
from astrolabe.store.views.projector import Projector
from astrolabe.workers.programs import shell
from bench.history import fill
from bench.row import CAUSE
from bench.server import HOME, environment

DRIFTED = 20
"""Of so many instances one needs a person."""

OTHER = "0.9.0"
AHEAD = "1000.0.0"
"""What one instance runs, so that something newer is known for all others."""


class Fleet(Struct, frozen=True):
    """A fleet that is served, and what is needed to look at it and to change it."""

    instances: int
    port: int
    secret: str
    url: str
    changing: str
    """An instance to record something of."""
    runs: str
    """What the log says that it runs."""

    async def change(self) -> None:
        """Record that an instance begins to need a person, or no longer does, and let lists follow."""
        async with Database(self.url, pool_size=2) as database:
            await _see(database, self.changing, OTHER if await Log(database).head(self.changing) % 2 else self.runs)
            await _follow(database)


@contextlib.asynccontextmanager
async def fleet(server: Postgres, instances: int, upgrades: int) -> AsyncGenerator[Fleet]:
    """Fill a database of its own with instances that each have so many upgrades behind them, and serve it."""
    url = await server.create_database(f"fleet_{instances}")
    await migrate(url)
    made = await fill(url, instances - 1, upgrades)
    async with Database(url, pool_size=2) as database:
        await Projector(database, Log(database)).rebuild()
        await _register(database)
        for each in made[::DRIFTED]:
            await _see(database, each, OTHER)
        secret = (await Tokens(Log(database)).issue("bench", ("read",), CAUSE)).secret
        await _follow(database)
    bind = f"127.0.0.1:{free_port()}"
    with TemporaryDirectory() as folder:
        env = environment(DATABASE_URL=url, ASTROLABE_DATA=folder)
        api = shell.supervise(run_astrolabe("api", "--bind", bind), env=env, log=Path(folder) / "api.log", cwd=HOME)
        try:
            await until_ready(f"http://{bind}")
            yield Fleet(instances, int(bind.rpartition(":")[2]), secret, url, made[-1], f"{upgrades + 1}.0.0")
        finally:
            await api.stop(grace=20)


async def _register(database: Database) -> None:
    config = InstanceConfig("ahead", "unleash", 4242, database=DatabaseConfig("ahead", "unleash"))
    await Log(database).append(new_id(), 0, [e.InstanceRegistered(config, AHEAD)], CAUSE)


async def _see(database: Database, instance_id: str, version: str) -> None:
    """Record which version was seen running."""
    log = Log(database)
    seen = e.InstanceObserved(version, f"process 7 runs {version}", datetime.now(UTC))
    await log.append(instance_id, await log.head(instance_id), [seen], CAUSE)


async def _follow(database: Database) -> None:
    await Sequencer(database).drain()
    await Projector(database, Log(database)).drain()
