"""What the store's tests set the stage with."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress

from astrolabe.domain.recorded import Cause
from astrolabe.domain.upgrades.events import Event, StepProgressed
from astrolabe.store.database import Connection
from astrolabe.store.ids import new_id
from astrolabe.store.log.append_statement import append_statement
from astrolabe.store.log.entry import encode, make_entry, type_of
from astrolabe.store.log.log import Log
from tests.domain.samples import UP

BY = Cause("ci", "because", "test")
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def said(message: str) -> Event:
    """Make an event that is easy to tell from others."""
    return StepProgressed(UP, "pull", message)


def messages(recorded: Iterable) -> list[str]:
    """Return which events these are."""
    return [each.event.message for each in recorded]


async def eventually(condition: Callable[[], Awaitable[object]], seconds: float = 60) -> None:
    """Wait for a condition, and fail when it does not come true."""
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.005)


async def someone_waits(connection: Connection, many: int = 1) -> None:
    """Wait until as many sessions wait for a lock."""

    async def waiting() -> bool:
        # Within a transaction the server shows the same picture again.
        await connection.execute("SELECT pg_stat_clear_snapshot()")
        waiting = await connection.fetchval(WAITING)
        return waiting is not None and waiting >= many

    await eventually(waiting)


async def append_slowly(
    connection: Connection, stream_id: str, expected: int, event: Event, fence: int | None = None
) -> None:
    """Append on a connection of one's own, inside whatever transaction is open there."""
    entry = make_entry(stream_id, expected + 1, event, BY)
    stream = uuid.UUID(stream_id)
    columns = [stream], [expected], [expected + 1], [uuid.UUID(entry.id)], [type_of(event)], [encode(entry)]
    fences = () if fence is None else ([stream], [fence])
    statement = append_statement(fences=fence is not None, claims=False, moves=False)
    await connection.execute(statement, *columns, *fences)


async def stream_of(log: Log, *words: str) -> str:
    """Make a stream that says this."""
    stream_id = new_id()
    await log.append(stream_id, 0, [said(word) for word in words], BY)
    return stream_id


async def everything(log: Log) -> list:
    """Read the whole log in small pieces."""
    found: list = []
    while more := await log.read_all(found[-1].position if found else -1, 7):
        found += more
    return found


@asynccontextmanager
async def running(*works: Awaitable[object]) -> AsyncIterator[None]:
    """Let works run for ever beside a test, and end them with it."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
