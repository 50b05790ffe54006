"""The access recorder: counts who is refused and who reads the trail, and records the counts once a minute.

Whoever floods the API fills no log: a minute is one event, and an event has its bounds. Where nobody asks,
nothing wakes.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from litestar.connection import ASGIConnection

from astrolabe.domain.access_log import READ, AccessCount, AccessCounted
from astrolabe.domain.recorded import Cause
from astrolabe.domain.streams import ACCESS_LOG_STREAM
from astrolabe.store.log.log import Log

LOG = logging.getLogger("astrolabe.access")

EVERY_SECONDS: Final = 60.0
MOST_KNOWN: Final = 100
"""Counts of callers with a token in use that one event has."""
MOST_UNKNOWN: Final = 20
"""Counts of callers without one; they take no place from the others."""
LAST_SECONDS: Final = 2.0
"""How long the end of the process waits for what was counted to be recorded."""

CAUSE: Final = Cause("astrolabe", "refused access and reads of the trail are counted", "api")


class _Key(NamedTuple):
    actor: str
    address: str
    operation: str
    outcome: str


class AccessRecorder:
    """Counts in memory, and appends what was counted; what cannot be recorded now is counted on."""

    def __init__(self, log: Log, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._log: Log = log
        self.every: float = EVERY_SECONDS
        """How long is counted for one event, in seconds."""
        self._clock: Callable[[], datetime] = clock
        self._counts: dict[_Key, int] = {}
        self._left_out: int = 0
        self._since: datetime | None = None
        self._some: asyncio.Event = asyncio.Event()

    def refused(self, connection: ASGIConnection[Any, Any, Any, Any], why: str, actor: str = "") -> None:
        """Count a request that was refused; `why` is the problem's name."""
        self._count(_key(connection, actor, why), 1, self._clock())

    def read(self, connection: ASGIConnection[Any, Any, Any, Any], actor: str) -> None:
        """Count a request that reads the trail."""
        self._count(_key(connection, actor, READ), 1, self._clock())

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Record once a minute while there is something, and what is left at the end."""
        stop = asyncio.Event()
        task = asyncio.create_task(self._run(stop))
        try:
            yield
        finally:
            stop.set()
            self._some.set()
            with contextlib.suppress(TimeoutError):
                # No append is interrupted before: nobody would know whether it was recorded.
                await asyncio.wait_for(task, LAST_SECONDS)

    async def _run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self._some.wait()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self.every)
            await self.record()

    async def record(self) -> None:
        """Append what was counted since the last time, if anything was."""
        if self._since is None:
            return
        event = AccessCounted(
            self._since,
            self._clock(),
            tuple(AccessCount(*key, count) for key, count in sorted(self._counts.items())),
            self._left_out,
        )
        self._counts, self._left_out, self._since = {}, 0, None
        self._some.clear()
        try:
            recorded = await self._log.append_behind(ACCESS_LOG_STREAM, [event], CAUSE)
        except Exception:
            LOG.exception("what was counted cannot be recorded now")
            recorded = False
        if not recorded:
            self._restore(event)

    def _restore(self, event: AccessCounted) -> None:
        for each in event.counts:
            self._count(_Key(each.actor, each.address, each.operation, each.outcome), each.count, event.since)
        self._left_out += event.left_out

    def _count(self, key: _Key, many: int, at: datetime) -> None:
        self._since = min(self._since or at, at)
        self._some.set()
        if key in self._counts or self._has_place(known=bool(key.actor)):
            self._counts[key] = self._counts.get(key, 0) + many
        else:
            self._left_out += many

    def _has_place(self, *, known: bool) -> bool:
        return sum(bool(key.actor) == known for key in self._counts) < (MOST_KNOWN if known else MOST_UNKNOWN)


def _key(connection: ASGIConnection[Any, Any, Any, Any], actor: str, outcome: str) -> _Key:
    scope, client = connection.scope, connection.client
    operation = f"{scope.get('method', '')} {scope.get('path_template', '')}"
    return _Key(actor, client.host if client else "", operation, outcome)
