"""The storm: upgrades end well on many instances, 20 endpoints are told, and whoever records and tells is killed."""

import asyncio
import random
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from msgspec import Struct

from astrolabe.cli.own_python import run_astrolabe
from astrolabe.domain.upgrades.events import UpgradeSucceeded
from astrolabe.domain.webhooks.decider import AddEndpoint
from astrolabe.domain.webhooks.endpoint import EndpointConfig
from astrolabe.store.database import Database
from astrolabe.store.ids import new_id
from astrolabe.store.log.log import Log
from astrolabe.store.streams.webhooks import Webhooks
from astrolabe.store.webhooks.keys import WebhookKeys
from astrolabe.workers.programs.shell import Child, supervise
from bench.completions import BY
from bench.receiver import Receiver
from bench.server import environment

HOME = Path(__file__).parents[1]
EACH_KIND = 2
"""How many relays there are, and how many processes that record completions."""

TOLD = "astrolabe.upgrade.succeeded"
LAST_KILL = 0.95
POLL_SECONDS = 0.1


class Shape(Struct, frozen=True):
    """How large a storm is: completions in all, on so many instances; of each kind so many processes are killed."""

    completions: int
    instances: int
    kills: int
    deadline_seconds: float
    slow_seconds: float
    patience_seconds: float


class Storm:
    """One storm: its endpoints, its processes, and what came of it."""

    def __init__(self, database: Database, url: str, folder: Path, shape: Shape) -> None:
        self._log: Log = Log(database)
        self._folder: Path = folder
        self._shape: Shape = shape
        self._started: int = 0
        self._children: dict[str, Child] = {}
        self._environment: dict[str, str] = environment(
            DATABASE_URL=url,
            REDIS_URL="redis://127.0.0.1:1/0",  # nothing here wakes a worker
            ASTROLABE_DATA=str(folder),
            ASTROLABE_WEBHOOK_ALLOW="127.0.0.0/8",
            ASTROLABE_WEBHOOK_TIMEOUT_SECONDS=str(shape.deadline_seconds),
        )
        self.killed: dict[str, int] = {"relay": 0, "recorder": 0}
        self.live: list[Receiver] = [
            *(Receiver(f"lively-{nth}", "lively", ordered=nth % 2 == 0) for nth in range(10)),
            *(Receiver(f"slow-{nth}", "slow", ordered=nth == 0, slow_seconds=shape.slow_seconds) for nth in range(3)),
        ]
        self.endpoints: list[Receiver] = [
            *self.live,
            *(Receiver(f"garbage-{nth}", "garbage", ordered=nth == 0) for nth in range(2)),
            *(Receiver(f"dead-{nth}", "dead", ordered=nth % 2 == 0) for nth in range(5)),
        ]

    async def rage(self, tell: Callable[[str], None]) -> float:
        """Let it all happen until every live endpoint has every event; return the seconds that took."""
        try:
            await self._add()
            started = time.monotonic()
            for name in self._names("relay") + self._names("recorder"):
                self._start(name)
            async with asyncio.timeout(self._shape.patience_seconds):
                await asyncio.gather(
                    self._kill("recorder", self._recorded), self._kill("relay", self._received), self._follow(tell)
                )
            return time.monotonic() - started
        finally:
            for child in self._children.values():
                await child.stop()
            for endpoint in self.endpoints:
                endpoint.close()

    async def wanted(self) -> dict[str, tuple[str, int]]:
        """Read from the log what must have come: each completion's id, with its instance and its version there."""
        position, found = -1, dict[str, tuple[str, int]]()
        while batch := await self._log.read_all(position, 1000):
            position = batch[-1].position or 0
            found |= {
                each.event_id: (each.stream_id, each.version)
                for each in batch
                if isinstance(each.event, UpgradeSucceeded)
            }
        return found

    async def _add(self) -> None:
        webhooks = Webhooks(self._log)
        keys = WebhookKeys.open(self._folder / "keys" / "webhooks")
        for each in self.endpoints:
            await each.listen()
            config = EndpointConfig(each.name, each.url, (TOLD,), ordered=each.ordered)
            await webhooks.execute(AddEndpoint(new_id(), config, keys.id), BY)

    def _names(self, kind: str) -> list[str]:
        return [f"{kind} {nth}" for nth in range(EACH_KIND)]

    def _start(self, name: str) -> None:
        kind, _, nth = name.partition(" ")
        each = self._shape.completions // self._shape.instances
        recorder = ["bench.completions", nth, *map(str, (EACH_KIND, each, self._shape.instances))]
        argv = run_astrolabe("relay") if kind == "relay" else [sys.executable, "-m", *recorder]
        self._started += 1
        log = self._folder / f"{kind}-{self._started}.log"
        self._children[name] = supervise(argv, env=self._environment, log=log, cwd=HOME)

    async def _kill(self, kind: str, way: Callable[[], Awaitable[float]]) -> None:
        # At points of the way, not of time: however fast the machine is, the killing falls into the work.
        points = sorted(random.uniform(0, LAST_KILL) for _ in range(self._shape.kills))  # noqa: S311  chance, no secret
        for point in points:
            while await way() < point:  # noqa: ASYNC110  other processes set no event
                await asyncio.sleep(POLL_SECONDS)
            name = random.choice(self._names(kind))  # noqa: S311  chance, no secret
            self._children[name].signal(signal.SIGKILL)
            await self._children[name].wait()
            self.killed[kind] += 1
            self._start(name)

    async def _recorded(self) -> float:
        events = await self._log.last_position() + await self._log.unsequenced()
        return events / (self._shape.completions + self._shape.instances + len(self.endpoints))

    async def _received(self) -> float:
        return sum(len(each.ids) for each in self.live) / len(self.live) / self._shape.completions

    async def _follow(self, tell: Callable[[str], None]) -> None:
        told = 0.0
        while min(len(each.ids) for each in self.live) < self._shape.completions:
            await asyncio.sleep(POLL_SECONDS)
            if time.monotonic() > told + 10:
                told = time.monotonic()
                tell(f"received {await self._received():.0%}, killed {self.killed}")
