"""Writers: a user of the gateway, a second service on its database, and a person at psql; each records what it has."""

import asyncio
import contextlib
import itertools
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from signal import SIGTERM
from typing import Any, Final

import asyncpg
import httpx

from astrolabe.workers.programs.shell import supervise
from tests.chaos.record import Record

GATEWAY: Final = "gateway"
SERVICE: Final = "service"
PSQL: Final = "psql"

PAUSE_SECONDS: Final = 0.01
TYPED_SECONDS: Final = 0.1
"""How long a person takes between two commands."""
PATIENCE_SECONDS: Final = 2

INSERT: Final = "INSERT INTO items (name) VALUES ($1)"
CREATED: Final = 201
AWAY: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)
HOME: Final = Path(__file__).parents[2]

Name = Callable[[int], str]


@asynccontextmanager
async def writing(which: str, folder: Path, url: str, database: str) -> AsyncGenerator[None]:
    """Let a writer write as fast as it likes until the end of the block; its record is `folder`/`which`."""
    path = folder / which
    if which == SERVICE:
        argv = [sys.executable, "-m", "tests.chaos.second_service", str(path), database]
        service = supervise(argv, env={}, log=folder / "service.log", cwd=HOME)
        try:
            yield
        finally:
            await service.stop(SIGTERM)
        return
    with Record(path) as record:
        write = through_gateway(record, url) if which == GATEWAY else at_psql(record, database)
        task = asyncio.create_task(write)
        try:
            yield
        finally:
            await _ended(task)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def through_gateway(record: Record, url: str) -> Coroutine[Any, Any, None]:
    """Write through the gateway, one write after the other, for ever."""

    async def write() -> None:
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=PATIENCE_SECONDS) as http:
            for number in itertools.count(1):
                name = f"{GATEWAY}-{number}"
                with contextlib.suppress(httpx.HTTPError):
                    if (await http.post("/items", json={"name": name})).status_code == CREATED:
                        record.keep(name)
                await asyncio.sleep(PAUSE_SECONDS)

    return write()


async def as_service(record: Record, database: str) -> None:
    """Write straight to the database over a session that is kept, and made anew when it ends, for ever."""
    numbers = itertools.count(1)
    while True:
        with contextlib.suppress(*AWAY):
            connection: asyncpg.Connection = await asyncpg.connect(database, timeout=PATIENCE_SECONDS)
            try:
                for number in numbers:
                    await connection.execute(INSERT, f"{SERVICE}-{number}", timeout=PATIENCE_SECONDS)
                    record.keep(f"{SERVICE}-{number}")
                    await asyncio.sleep(PAUSE_SECONDS)
            finally:
                connection.terminate()
        await asyncio.sleep(PAUSE_SECONDS)


async def at_psql(record: Record, database: str) -> None:
    """Write as a person does who connects, types one statement and leaves, for ever."""
    for number in itertools.count(1):
        name = f"{PSQL}-{number}"
        with contextlib.suppress(*AWAY):
            connection: asyncpg.Connection = await asyncpg.connect(database, timeout=PATIENCE_SECONDS)
            try:
                await connection.execute(INSERT, name, timeout=PATIENCE_SECONDS)
                record.keep(name)
            finally:
                connection.terminate()
        await asyncio.sleep(TYPED_SECONDS)
