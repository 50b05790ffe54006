"""Writers: a user of the gateway, a second service on its database, and a person at psql; each records what it has."""

import asyncio
import contextlib
import itertools
import json
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from signal import SIGTERM
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg

from astrolabe.workers.programs.shell import supervise
from tests.chaos.record import Record

GATEWAY: Final = "gateway"
SERVICE: Final = "service"
PSQL: Final = "psql"

PAUSE_SECONDS: Final = 0.02
"""Short beside every moment of an upgrade at which a write could get lost, and long beside what a write costs."""
TYPED_SECONDS: Final = 0.2
"""How long a person takes between two commands."""
PATIENCE_SECONDS: Final = 2

INSERT: Final = "INSERT INTO items (name) VALUES ($1)"
CREATED: Final = "201"
POSTED: Final = (
    "POST /items HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n\r\n{body}"
)
AWAY: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, TimeoutError)
"""How a database is away; a query that meets the end of its session is answered with InternalClientError."""
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
    where = urlsplit(url)
    numbers = itertools.count(1)

    async def write() -> None:
        while True:
            # A client library would cost the machine more than all that it asks for.
            with contextlib.suppress(OSError, EOFError, TimeoutError):
                async with asyncio.timeout(PATIENCE_SECONDS):
                    reader, writer = await asyncio.open_connection(where.hostname, where.port)
                try:
                    for number in numbers:
                        async with asyncio.timeout(PATIENCE_SECONDS):
                            if await _posted(reader, writer, f"{GATEWAY}-{number}"):
                                record.keep(f"{GATEWAY}-{number}")
                        await asyncio.sleep(PAUSE_SECONDS)
                finally:
                    writer.close()
            await asyncio.sleep(PAUSE_SECONDS)

    return write()


async def _posted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: str) -> bool:
    """Write over a connection that is kept; return whether that was acknowledged."""
    body = json.dumps({"name": name})
    writer.write(POSTED.format(size=len(body), body=body).encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    acknowledged = head.split(" ", 2)[1] == CREATED
    if "content-length: " in head:
        await reader.readexactly(int(head.partition("content-length: ")[2].partition("\r\n")[0]))
    else:
        await reader.readuntil(b"\r\n0\r\n\r\n")  # JSON has no such line in it
    return acknowledged


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
