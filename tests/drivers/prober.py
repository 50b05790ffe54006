"""Somebody who uses a gateway all the time, and notes what was acknowledged."""

import asyncio
import contextlib
import time

import httpx

from astrolabe.workers.instance.probe import NO_TLS
from tests.waiting import while_at_work
from tests.world import World


class Prober:
    """Somebody who uses the gateway all the time: writes, and notes when it answered."""

    def __init__(self, standin: World) -> None:
        self.acknowledged: list[str] = []
        self.answered: list[float] = []
        self._url = standin.url
        self._on_its_way = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def at_work(self):
        """Use the gateway while the block runs; no write of ours is on its way any more when it ends."""
        async with (
            httpx.AsyncClient(base_url=self._url, trust_env=False, timeout=2, verify=NO_TLS) as http,
            while_at_work(self._write(http), self._ask(http)),
        ):
            yield
            await self._on_its_way.acquire()

    async def _write(self, http: httpx.AsyncClient) -> None:
        for number in range(100_000):
            with contextlib.suppress(httpx.HTTPError):
                async with self._on_its_way:
                    answer = await http.post("/items", json={"name": f"item-{number}"})
                if answer.status_code == 201:
                    self.acknowledged.append(f"item-{number}")
            await asyncio.sleep(0.02)

    async def _ask(self, http: httpx.AsyncClient) -> None:
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if (await http.get("/health", headers={"Connection": "close"})).status_code == 200:
                    self.answered.append(time.monotonic())
            await asyncio.sleep(0.02)

    @property
    def longest_silence(self) -> float:
        """The longest time between two answers, in seconds."""
        return max(after - before for before, after in zip(self.answered, self.answered[1:], strict=False))
