"""A house for API tests: the application in this process, a client for each scope, and a worker's pen."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Self, cast
from zlib import crc32

import asyncpg
import httpx
from litestar import Litestar
from msgspec import Struct
from msgspec.structs import replace

from astrolabe.api.app import create_app
from astrolabe.api.http.resources import Resources
from astrolabe.domain.access import SCOPES
from astrolabe.domain.recorded import Cause
from astrolabe.domain.upgrades.commands import Report
from astrolabe.domain.upgrades.events import Event, Fact
from astrolabe.store.database import Database
from astrolabe.store.log.sequencer import Sequencer
from astrolabe.store.views.projector import Projector
from astrolabe.store.webhooks.settings import WebhookSettings

WORKER = Cause("worker", "due", "worker")
LONG = 3600.0
"""Seconds that no test takes: what is counted is recorded where a test asks for it."""
FLAGS: dict[str, Any] = {
    "name": "flags",
    "product": "unleash",
    "version": "5.6.0",
    "port": 4242,
    "database": {"name": "unleash", "user": "unleash", "password": "env:ASTROLABE_SECRET_DB"},
}


@asynccontextmanager
async def living(app: Litestar) -> AsyncGenerator[None]:
    """Live through an application's lifespan in one task, as its cancel scope wants; a fixture ends in another."""
    started, stop = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.lifespan():
            started.set()
            await stop.wait()

    life = asyncio.create_task(live())
    life.add_done_callback(lambda _: started.set())
    await started.wait()
    try:
        yield
    finally:
        stop.set()
        await life


def bearer(secret: str) -> dict[str, str]:
    """The header that a token is sent in."""
    return {"Authorization": f"Bearer {secret}"}


def problem(answer: httpx.Response) -> str:
    """The name of the problem that an answer is, which must be one in every respect."""
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["status"] == answer.status_code
    assert body["title"]
    assert body["detail"].endswith(".")
    kind: str = body["type"]
    assert kind.startswith("/problems/")
    return kind.removeprefix("/problems/")


class House(Struct):
    """The application, and who may speak to it."""

    app: Litestar
    url: str
    secrets: dict[str, str]
    client: httpx.AsyncClient
    anyone: httpx.AsyncClient
    superuser: asyncpg.Pool

    @classmethod
    @asynccontextmanager
    async def opened(cls, url: str, webhooks: WebhookSettings | None = None) -> AsyncGenerator[Self]:
        """Open the application; `client` may do everything, `anyone` has no token."""
        app = create_app(database_url=url, webhooks=webhooks)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(living(app))
            tokens = resources_of(app).tokens
            resources_of(app).accesses.every = LONG
            made = [await tokens.issue(f"{scope}er", (scope,), Cause("test", "test", "test")) for scope in SCOPES]
            secrets = {scope: token.secret for scope, token in zip(SCOPES, made, strict=True)}

            def client(headers: dict[str, str]) -> httpx.AsyncClient:
                transport = httpx.ASGITransport(app)  # pyright: ignore[reportArgumentType]
                return httpx.AsyncClient(transport=transport, base_url="http://house", headers=headers)

            everyone = await stack.enter_async_context(client(bearer(secrets["admin"])))
            anyone = await stack.enter_async_context(client({}))
            superuser = await stack.enter_async_context(asyncpg.create_pool(url, min_size=0, max_size=1))
            yield cls(app, url, secrets, everyone, anyone, superuser)

    @property
    def resources(self) -> Resources:
        """What the application works with."""
        return resources_of(self.app)

    async def register(self, **changes: Any) -> str:
        """Register an instance, of another name on a port and a database of its own; its id."""
        name = changes.get("name", FLAGS["name"])
        own = {"port": 5000 + crc32(name.encode()) % 50_000, "database": FLAGS["database"] | {"name": name}}
        answer = await self.client.post("/instances", json=FLAGS | (own if name != FLAGS["name"] else {}) | changes)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    async def request(self, instance: str = "flags", target: str = "6.10.1") -> str:
        """Ask for an upgrade; its id."""
        answer = await self.client.post("/upgrades", json={"instance": instance, "target": target})
        assert answer.status_code == 202, answer.text
        return answer.json()["id"]

    async def tell(self, instance_id: str, upgrade_id: str, *events: Event) -> None:
        """Record what a worker would have recorded."""
        log = self.resources.log
        told = [replace(each, upgrade_id=upgrade_id) if hasattr(each, "upgrade_id") else each for each in events]
        await log.append(instance_id, await log.head(instance_id), told, WORKER)

    async def report(self, instance_id: str, fact: Fact) -> None:
        """Let a worker report a fact, and record all that follows from it."""
        instances = self.resources.instances
        await instances.execute(await instances.load(instance_id), Report(fact), WORKER)

    async def place(self) -> None:
        """Place every event."""
        async with Database(self.url, pool_size=1) as database:
            await Sequencer(database).drain()

    async def show(self) -> None:
        """Bring the list views up with the log."""
        async with Database(self.url, pool_size=1) as database:
            await Sequencer(database).drain()
            await Projector(database, self.resources.log).drain()

    async def value(self, query: str) -> Any:
        """The first value that a query gives."""
        return await self.superuser.fetchval(query)

    async def size(self) -> int:
        """How many events the log holds."""
        return await self.value("SELECT count(*) FROM astrolabe.event")


def resources_of(app: Litestar) -> Resources:
    """What an application works with."""
    return cast("Resources", app.state.resources)
