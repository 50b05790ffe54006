"""A household: `astrolabe up` on a folder of its own, and instances at rest that its worker observes."""

import asyncio
import contextlib
import re
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from astrolabe.cli.own_python import run_astrolabe
from astrolabe.store.ports import LOOPBACK
from astrolabe.workers.programs import shell
from bench import standing
from bench.server import environment

PATIENCE_SECONDS = 120.0
POLL_SECONDS = 0.05

PRODUCT = """
name = "resting"
title = "Resting"
kinds = ["npx"]

[npm]
package = "resting"
entry = "standing.py"
registry = "http://127.0.0.1:1"

[start.env]
DATABASE_URL = "{database_url}"
HOST = "{address}"
PORT = "{port}"

[health]
path = "/health"

[version]
path = "/version"
field = "version"
"""


class Household:
    """What runs, and a client that may do everything."""

    def __init__(self, pid: int, http: httpx.AsyncClient, ports: list[int]) -> None:
        self.pid: int = pid
        self._http: httpx.AsyncClient = http
        self.ports: list[int] = ports
        """Where the instances answer."""

    @classmethod
    @contextlib.asynccontextmanager
    async def running(cls, instances: int) -> AsyncGenerator["Household"]:
        """Start everything and register the instances; all is gone afterwards."""
        folder = Path(tempfile.mkdtemp(prefix="astrolabe-rest-"))
        folder.chmod(0o711)
        own, *ports = _free_ports(1 + instances)
        bind = f"127.0.0.1:{own}"
        words = ("up", "--data", str(folder / "data"), "--bind", bind, "--products", str(_products(folder)))
        said = folder / "up.log"
        gateways = shell.supervise(_gateways(folder, ports), env=environment(), log=folder / "gateways.log")
        up = shell.supervise(run_astrolabe(*words), env=environment(), log=said)
        try:
            token = await _token(said)
            headers = {"Authorization": f"Bearer {token}"}
            async with httpx.AsyncClient(base_url=f"http://{bind}", headers=headers, trust_env=False) as http:
                household = cls(up.pid, http, ports)
                for port in ports:
                    await household.register(port)
                yield household
        finally:
            await up.stop(grace=60)
            await gateways.stop()
            shutil.rmtree(folder, ignore_errors=True)

    async def register(self, port: int) -> None:
        """Register an instance at the version that runs."""
        database = {"name": f"resting-{port}", "user": "resting", "port": port}
        asked = {"name": f"resting-{port}", "product": "resting", "port": port, "database": database}
        (await self._http.post("/instances", json={**asked, "version": "1.0.0"})).raise_for_status()

    async def looks(self) -> dict[str, int]:
        """Return how often each instance was asked for its version, by its port; one that never was is not in it."""
        async with httpx.AsyncClient(trust_env=False) as http:
            found = (await http.get(f"http://127.0.0.1:{self.ports[0]}/looks")).json()
        return {str(port): found.get(str(port), 0) for port in self.ports}

    async def upgrade(self, port: int) -> None:
        """Ask for an upgrade, which waits for a registry that does not answer."""
        asked = {"instance": f"resting-{port}", "target": "2.0.0"}
        (await self._http.post("/upgrades", json=asked)).raise_for_status()

    async def until_first_step(self) -> float:
        """Ask for an upgrade; return the seconds from asking to its first step, and wait until it is called off."""
        asked = time.time()
        answer = await self._http.post("/upgrades", json={"instance": f"resting-{self.ports[0]}", "target": "2.0.0"})
        where = answer.raise_for_status().headers["location"]
        while not (began := await self._first_step(where)):  # noqa: ASYNC110  it is asked over HTTP
            await asyncio.sleep(POLL_SECONDS)
        # Its registry does not answer, and npm would ask it for a minute.
        (await self._http.post(f"{where}/cancel", json={"reason": "measured"})).raise_for_status()
        while not (await self._http.get(where)).raise_for_status().json()["done"]:  # noqa: ASYNC110  asked over HTTP
            await asyncio.sleep(POLL_SECONDS)
        return datetime.fromisoformat(began).timestamp() - asked

    async def _first_step(self, where: str) -> str | None:
        events: list[dict[str, Any]] = (await self._http.get(f"{where}/events")).raise_for_status().json()["items"]
        return next((each["recorded_at"] for each in events if each["type"] == "step_started"), None)


def _free_ports(many: int) -> list[int]:
    """Return so many ports that differ: the kernel may pick one again as soon as it is free."""
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(many)]
        for probe in probes:
            probe.bind((LOOPBACK, 0))
        return [probe.getsockname()[1] for probe in probes]


def _products(folder: Path) -> Path:
    products = folder / "products"
    products.mkdir()
    (products / "resting.toml").write_text(PRODUCT, "utf-8")
    return products


def _gateways(folder: Path, ports: list[int]) -> list[str]:
    package = folder / "node_modules" / "resting"
    package.mkdir(parents=True)
    (package / "package.json").write_text('{"name": "resting", "version": "1.0.0"}', "utf-8")
    script = shutil.copy(standing.__file__, package / "standing.py")
    return [sys.executable, str(script), *map(str, ports)]


async def _token(said: Path) -> str:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (found := re.search(r"ASTROLABE_TOKEN=(\S+)", said.read_text("utf-8"))):  # noqa: ASYNC110  a file
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        raise RuntimeError(f"astrolabe up does not answer:\n{said.read_text('utf-8')}") from None
    return found[1]
