"""A stand-in gateway that runs, for tests."""

import asyncio
import contextlib
import itertools
import os
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from astrolabe.workers.programs import tools
from astrolabe.workers.programs.shell import Child, supervise
from tests.ports import free_port

_logs = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway and the ways to it."""

    child: Child
    http: httpx.AsyncClient
    log: Path

    async def answers(self, status: int = 200, *, deadline: float = 60) -> dict[str, str]:
        """Wait until /health answers with this status; what it says."""
        until = time.monotonic() + deadline
        while True:
            assert self.child.returncode is None, f"the gateway ended: {self.log.read_text()}"
            with contextlib.suppress(httpx.TransportError):
                answer = await self.http.get("/health")
                if answer.status_code == status:
                    return answer.json()
            assert time.monotonic() < until, f"no health {status}: {self.log.read_text()}"
            await asyncio.sleep(0.02)

    async def write(self, name: str) -> int:
        """Write an item; the number it was acknowledged with."""
        answer = await self.http.post("/items", json={"name": name})
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    async def items(self) -> list[str]:
        """The names of all items, oldest first."""
        answer = await self.http.get("/items")
        return [item["name"] for item in answer.raise_for_status().json()["items"]]


def gateway_environment(database: str, port: int = 0, **knobs: str) -> dict[str, str]:
    """The environment a gateway is started in."""
    path = os.pathsep.join((str(tools.node().parent), "/usr/bin", "/bin"))
    return {"PATH": path, "DATABASE_URL": database, "HTTP_HOST": "127.0.0.1", "HTTP_PORT": str(port), **knobs}


@contextlib.asynccontextmanager
async def running(argv: Sequence[str | Path], database: str, folder: Path, **knobs: str) -> AsyncIterator[Gateway]:
    """Start a gateway on a free port, its log in `folder`, and end it afterwards."""
    port = free_port()
    log = folder / f"gateway-{next(_logs)}.log"
    child = supervise(argv, env=gateway_environment(database, port, **knobs), log=log)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
        try:
            yield Gateway(child, http, log)
        finally:
            await child.stop()
