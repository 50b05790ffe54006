"""Accepting: `POST /upgrades` with everything on, beside an endpoint that does nothing and FastAPI with an ORM."""

import asyncio
import itertools
import sys
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager

import msgspec

from astrolabe.domain.instances.identity import named
from astrolabe.domain.instances.instance import DatabaseConfig, InstanceConfig
from astrolabe.domain.upgrades.events import InstanceRegistered
from astrolabe.store.database import Database
from astrolabe.store.ids import new_id
from astrolabe.store.log.log import Log
from astrolabe.store.streams.tokens import Tokens
from bench.clients import ask, request
from bench.peer import peer_serving, serving
from bench.row import CAUSE

MOST = 4500
"""How many upgrades a second are prepared for: each is asked for on an idle instance of its own."""

AT_ONCE = 256
BODY = {"target": "6.10.1", "reason": "how fast is this here"}


class Nothing:
    """The endpoint of the same server that does nothing."""

    def __init__(self, url: str) -> None:
        self.name: str = "nothing"
        self._url: str = url

    async def run(self, clients: int, seconds: float) -> float:
        """Ask for some seconds; return answers a second."""
        async with _serving(self._url) as port:
            speed, _ = await ask(port, itertools.repeat(request("/nothing", b"{}")), clients, seconds)
        return speed


class Accept:
    """Each request asks for an upgrade of an instance of its own, by name, with a token and an Idempotency-Key."""

    def __init__(self, url: str, most: int = MOST) -> None:
        self.name: str = "astrolabe"
        self._url: str = url
        self._most: int = most

    async def run(self, clients: int, seconds: float) -> float:
        """Ask for some seconds; return upgrades accepted a second."""
        async with Database(self._url) as database:
            log = Log(database)
            names = [f"flags-{new_id()[-12:]}" for _ in range(int(self._most * seconds))]
            for first in range(0, len(names), AT_ONCE):
                await asyncio.gather(*(_register(log, name) for name in names[first : first + AT_ONCE]))
            token = await Tokens(log).issue(f"bench-{new_id()[-12:]}", ("operate",), CAUSE)
        async with _serving(self._url) as port:
            speed, _ = await ask(port, _requests(names, token.secret), clients, seconds)
        return speed


class Orm:
    """FastAPI, with SQLAlchemy's ORM doing one insert a request, and nothing else asked of it."""

    def __init__(self, url: str) -> None:
        self.name: str = "FastAPI, ORM"
        self._url: str = url

    async def run(self, clients: int, seconds: float) -> float:
        """Ask for some seconds; return rows inserted a second."""
        body = msgspec.json.encode({"instance": "flags", **BODY})
        async with peer_serving("orm.py", self._url) as port:
            speed, _ = await ask(port, itertools.repeat(request("/upgrades", body)), clients, seconds)
        return speed


def _serving(url: str) -> AbstractAsyncContextManager[int]:
    return serving([sys.executable, "-m", "bench.serving"], ASTROLABE_BENCH_URL=url)


async def _register(log: Log, name: str) -> None:
    config = InstanceConfig(name, "unleash", 4242, database=DatabaseConfig("unleash", "unleash"))
    await log.append(new_id(), 0, [InstanceRegistered(config, "5.6.0")], CAUSE, identity=[named(name)])


def _requests(names: list[str], secret: str) -> Iterator[bytes]:
    for name in names:
        body = msgspec.json.encode({"instance": name, **BODY})
        yield request("/upgrades", body, Authorization=f"Bearer {secret}", Idempotency_Key=new_id())
