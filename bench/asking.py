"""An Astrolabe that is asked for upgrades, and how long each takes those who use the instance."""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec import to_builtins

from astrolabe.cli import options
from astrolabe.cli.client import Client
from astrolabe.cli.own_python import run_astrolabe
from astrolabe.cli.ready import until_ready
from astrolabe.cli.supervisor import Supervisor
from astrolabe.domain.access import SCOPES
from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.products.product import Product
from astrolabe.domain.recorded import Cause
from astrolabe.store.database import Database
from astrolabe.store.ids import new_id
from astrolabe.store.log.log import Log
from astrolabe.store.migrate import migrate
from astrolabe.store.ports import is_free
from astrolabe.store.streams.tokens import Tokens
from bench.downtime import Downtime

BIND = "127.0.0.1:8490"
PORT = 4290
POLL_SECONDS = 0.05

FILL = """
INSERT INTO events (type, created_by, announced, data)
SELECT 'feature-updated', 'bench', true, json_build_object('pad', (
  SELECT string_agg(md5(random()::text || i || j), '') FROM generate_series(1, 16) j))
FROM generate_series(1, {rows}) i
"""
"""Half a kilobyte a row, as an event of Unleash has, that does not compress to nothing, and that it told of already."""

SETTLE = ("VACUUM ANALYZE", "CHECKPOINT")
"""What a server that has been up for some minutes has done with such rows."""


@dataclass(frozen=True)
class AuthenticatedRequest:
    """A running Astrolabe, and a client that may do everything."""

    client: Client
    log_url: str

    async def up_and_back(
        self, config: InstanceConfig, product: Product, old: str, new: str
    ) -> tuple[float, float, float, float]:
        """Register an instance, upgrade it, take it back, retire it; return the time and the downtime of both ways."""
        body: dict[str, Any] = {**to_builtins(config), "version": old, "reason": "to measure it"}
        await asyncio.to_thread(self.client.post, "/instances", body)
        asked = {"instance": config.name, "target": new, "reason": "to measure it"}
        upgrade: list[str] = []

        async def forth() -> None:
            accepted = await asyncio.to_thread(self.client.post, "/upgrades", asked, key=new_id())
            upgrade.append(accepted["id"])
            await self._until(accepted["id"], "succeeded")

        async def back() -> None:
            path = f"/upgrades/{upgrade[0]}"
            await asyncio.to_thread(self.client.post, f"{path}/rollback", {"accept_lost_writes": True})
            await self._until(upgrade[0], "rolled_back")

        took = (*await timed(config, product, forth), *await timed(config, product, back))
        # The next round's instance acts on the same port.
        await asyncio.to_thread(self.client.post, f"/instances/{config.name}/retire", {"reason": "it was measured"})
        return took

    async def _until(self, upgrade_id: str, status: str) -> None:
        path = f"/upgrades/{upgrade_id}"
        while not (operation := await asyncio.to_thread(self.client.get, path))["done"]:  # noqa: ASYNC110  by HTTP
            await asyncio.sleep(POLL_SECONDS)
        if operation["status"] != status:
            raise RuntimeError(f"the upgrade {operation['status']}: {operation.get('error')}")


async def timed(config: InstanceConfig, product: Product, work: Callable[[], Awaitable[None]]) -> tuple[float, float]:
    """Return how long a work takes, and how long nobody is served meanwhile, in seconds."""
    await asyncio.to_thread(os.sync)  # what prepared this is on the disk, as it is after some minutes
    async with Downtime.of(config, product) as downtime:
        began = time.monotonic()
        await work()
        took = time.monotonic() - began
    return took, downtime.seconds


@contextlib.asynccontextmanager
async def astrolabe(folder: Path, products: Sequence[Path] = ()) -> AsyncGenerator[AuthenticatedRequest]:
    """Run an Astrolabe of its own in a folder."""
    token: list[str] = []

    async def prepare(environment: Mapping[str, str]) -> None:
        await migrate(environment["DATABASE_URL"])
        async with Database(environment["DATABASE_URL"], pool_size=1) as database:
            issued = await Tokens(Log(database)).issue("bench", SCOPES, Cause("bench", "to measure", "cli"))
            token.append(issued.secret)

    def command(name: str) -> list[str]:
        named = [word for each in products for word in ("--products", str(each))]
        return run_astrolabe(name, *{"api": ["--bind", BIND, *named], "worker": named}.get(name, []))

    async with Supervisor(folder, prepare=prepare, command=command) as tree:
        await until_ready(options.base_url(BIND))
        yield AuthenticatedRequest(Client(options.base_url(BIND), token[0]), tree.environment["DATABASE_URL"])


def free_or_say() -> None:
    """Raise SystemExit where a port that is needed is in use."""
    for port in (PORT, int(BIND.rpartition(":")[2])):
        if not is_free(port):
            raise SystemExit(f"Port {port} is in use; end what listens there.")
