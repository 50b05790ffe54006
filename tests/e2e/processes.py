"""An Astrolabe of real processes, and a client with a token."""

import asyncio
import contextlib
import itertools
import json
import os
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL
from typing import Any

import httpx
from httpx_sse import EventSource
from msgspec import to_builtins

from astrolabe.cli.own_python import run_astrolabe
from astrolabe.cli.ready import until_ready
from astrolabe.cli.servers.problem import Unavailable
from astrolabe.domain.access import SCOPES
from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.recorded import Cause
from astrolabe.store.database import Database
from astrolabe.store.log.log import Log
from astrolabe.store.streams.tokens import Tokens
from astrolabe.workers.programs.shell import Child, supervise
from tests.ports import free_port

LEASE_SECONDS = "2"
_numbers = itertools.count(1)


@dataclass
class Astrolabe:
    """The processes of one Astrolabe."""

    environment: dict[str, str]
    logs: Path
    http: httpx.AsyncClient
    children: list[Child] = field(default_factory=list)

    @classmethod
    @contextlib.asynccontextmanager
    async def started(
        cls, database_url: str, redis_url: str, data: Path, products: Path | None, logs: Path
    ) -> AsyncIterator["Astrolabe"]:
        """Start API and relay; end all processes afterwards."""
        environment = {
            **os.environ,
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "ASTROLABE_DATA": str(data),
            "ASTROLABE_LEASE_SECONDS": LEASE_SECONDS,
            "ASTROLABE_PRODUCTS": str(products or ""),
        }
        bind = f"127.0.0.1:{free_port()}"
        async with Database(database_url, pool_size=1) as database:
            token = await Tokens(Log(database)).issue("alice", SCOPES, Cause("test", "to begin", "cli"))
        headers = {"Authorization": f"Bearer {token.secret}"}
        async with httpx.AsyncClient(base_url=f"http://{bind}", headers=headers, trust_env=False, timeout=30) as http:
            made = cls(environment, logs, http)
            try:
                made.start("api", "--bind", bind)
                made.start("relay")
                await made.ready(f"http://{bind}")
                yield made
            finally:
                for child in made.children:
                    await child.stop(grace=20)

    async def ready(self, url: str) -> None:
        """Wait until the API is ready; what the processes logged is told where it does not become so."""
        try:
            await until_ready(url)
        except Unavailable as late:
            late.add_note(self.said())
            raise

    def start(self, *words: str) -> Child:
        """Start one of our processes."""
        log = self.logs / f"{words[0]}-{next(_numbers)}.log"
        child = supervise(run_astrolabe(*words), env=self.environment, log=log)
        self.children.append(child)
        return child

    def worker(self, *words: str) -> Child:
        """Start a worker."""
        return self.start("worker", *words)

    async def kill(self, child: Child) -> None:
        """End a process without a warning."""
        child.signal(SIGKILL)
        await child.wait()

    async def register(self, config: InstanceConfig, version: str) -> None:
        """Register an instance."""
        await self.post("/instances", 201, **to_builtins(config), version=version)

    async def post(self, path: str, status: int = 202, **body: Any) -> Any:
        """Ask for something, and get the status that is expected."""
        answer = await self.http.post(path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def get(self, path: str) -> Any:
        """Read something."""
        return (await self.http.get(path)).raise_for_status().json()

    async def events(self, upgrade_id: str) -> list[dict[str, Any]]:
        """Return an upgrade's events."""
        return (await self.get(f"/upgrades/{upgrade_id}/events"))["items"]

    async def event(self, upgrade_id: str, kind: str, count: int = 1, seconds: float = 60, **data: object) -> None:
        """Wait until an upgrade has so many events of a kind, with this in their data."""
        async with asyncio.timeout(seconds):
            while True:
                found = 0
                async with contextlib.aclosing(self._follow(upgrade_id)) as events:
                    async for each in events:
                        found += each["type"] == kind and data.items() <= each["data"].items()
                        if found >= count:
                            return
                await asyncio.sleep(0.05)

    async def done(self, upgrade_id: str, seconds: float = 120) -> dict[str, Any]:
        """Wait for the end of an upgrade; return its operation."""
        try:
            async with asyncio.timeout(seconds):
                while not (operation := await self.get(f"/upgrades/{upgrade_id}"))["done"]:
                    async for _ in self._follow(upgrade_id):
                        pass
                return operation
        except TimeoutError:
            raise AssertionError(f"the upgrade did not end: {await self.events(upgrade_id)}\n{self.said()}") from None

    async def _follow(self, upgrade_id: str) -> AsyncGenerator[dict[str, Any]]:
        """Yield an upgrade's events as they happen, until it has ended or the stream is cut."""
        headers = {"Accept": "text/event-stream"}
        async with self.http.stream("GET", f"/upgrades/{upgrade_id}/events", headers=headers) as answer:
            answer.raise_for_status()
            async for sent in EventSource(answer).aiter_sse():
                if sent.data and sent.event != "progress":
                    yield json.loads(sent.data)

    def said(self) -> str:
        """Return what the processes logged."""
        return "\n".join(f"== {log.name}\n{log.read_text()[-2000:]}" for log in sorted(self.logs.glob("*.log")))
