"""Carrying out: upgrades whose five steps do nothing, beside DBOS workflows and Celery chains of five steps."""

import asyncio
import contextlib
import itertools
import sys
import time
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from astrolabe.domain.instances.instance import DatabaseConfig, InstanceConfig
from astrolabe.domain.upgrades.events import InstanceRegistered, UpgradeRequested, UpgradeSucceeded
from astrolabe.store.database import Database
from astrolabe.store.ids import new_id
from astrolabe.store.log.entry import type_of
from astrolabe.store.log.log import Log
from astrolabe.store.log.tail import Tail
from astrolabe.workers.programs import shell
from bench.peer import HERE, measured
from bench.row import CAUSE
from bench.server import environment
from bench.stepping import HOST

ENDED = (type_of(UpgradeSucceeded),)


class Upgrades:
    """Each client asks for an upgrade of a new instance, waits for its success in the log, and asks for the next.

    An ordinary relay and an ordinary worker carry them out, each a process.
    """

    def __init__(self, url: str, redis: str) -> None:
        self.name: str = "astrolabe"
        self._url: str = url
        self._redis: str = redis

    async def run(self, clients: int, seconds: float) -> float:
        """Ask for some seconds; return upgrades carried out a second."""
        async with self.asked() as asking:
            started = time.perf_counter()
            return await asking.together(clients, seconds) / (time.perf_counter() - started)

    @contextlib.asynccontextmanager
    async def asked(self) -> AsyncGenerator["Asking"]:
        """Run a relay and a worker, and whoever asks them; every process is awake then."""
        host = f"bench-{new_id()[-12:]}"
        async with (
            _processes(self._url, self._redis, host),
            Database(self._url, pool_size=4) as database,
            Tail(database) as tail,
        ):
            asking = Asking(Log(database), tail, host)
            following = asyncio.create_task(asking.follow())
            try:
                await asking.upgrade()
                yield asking
            finally:
                following.cancel()


class Asking:
    """Whoever asks for upgrades of instances of their own, and follows the log for their success."""

    def __init__(self, log: Log, tail: Tail, host: str) -> None:
        self._log: Log = log
        self._host: str = host
        self._tail: Tail = tail
        self._waiting: dict[str, asyncio.Event] = {}
        self._ports: Iterator[int] = itertools.cycle(range(1024, 65536))

    async def follow(self) -> None:
        """Follow the log for ever."""
        position = await self._log.last_position()
        while True:
            heard = self._tail.heard
            last = await self._log.last_position()
            for stream_id in await self._log.read_versions(ENDED, position, last):
                if ended := self._waiting.get(stream_id):
                    ended.set()
            if last == position:
                await self._tail.wait(since=heard)
            position = last

    async def upgrade(self) -> None:
        """Ask for an upgrade of a new instance, and wait for its success."""
        stream_id, upgrade_id = new_id(), new_id()
        # Its own name, port and database: nobody works on two at once that act on the same.
        name, port = f"flags-{stream_id[-12:]}", next(self._ports)
        config = InstanceConfig(name, "unleash", port, host=self._host, database=DatabaseConfig(name, "unleash"))
        ended = self._waiting[stream_id] = asyncio.Event()
        events = [InstanceRegistered(config, "5.6.0"), UpgradeRequested(upgrade_id, "5.6.0", "6.10.1", "bench")]
        await self._log.append(stream_id, 0, events, CAUSE)
        await ended.wait()
        del self._waiting[stream_id]

    async def together(self, clients: int, seconds: float) -> int:
        """Let so many ask at once for some seconds, each for one after another; return how many there were."""
        end = time.perf_counter() + seconds
        return sum(await asyncio.gather(*(self.until(end) for _ in range(clients))))

    async def until(self, end: float) -> int:
        """Ask for one after another until some time; return how many."""
        many = 0
        while time.perf_counter() < end:
            await self.upgrade()
            many += 1
        return many


class Dbos:
    """As many threads start a workflow of five steps, wait for its result, and start the next."""

    def __init__(self, url: str) -> None:
        self.name: str = "DBOS"
        self._url: str = url

    async def run(self, clients: int, seconds: float) -> float:
        """Run for some seconds; return workflows a second."""
        return await measured("workflows.py", self._url, clients, seconds)


class Celery:
    """As many threads send a chain of five tasks, wait for its result, and send the next; nothing of it is durable."""

    def __init__(self, redis: str) -> None:
        self.name: str = "Celery"
        self._redis: str = redis.rsplit("/", 1)[0] + "/1"

    async def run(self, clients: int, seconds: float) -> float:
        """Run for some seconds; return chains a second."""
        return await measured("chain.py", self._redis, clients, seconds)


@contextlib.asynccontextmanager
async def _processes(url: str, redis: str, host: str) -> AsyncGenerator[None]:
    with TemporaryDirectory() as folder:
        env = environment(ASTROLABE_BENCH_URL=url, ASTROLABE_BENCH_REDIS=redis, **{HOST: host})
        children = [
            shell.supervise(
                [sys.executable, "-m", module], env=env, log=Path(folder) / f"{module}.log", cwd=HERE.parent
            )
            for module in ("bench.stepping", "bench.relaying")
        ]
        try:
            yield
        finally:
            for child in children:
                await child.stop()
