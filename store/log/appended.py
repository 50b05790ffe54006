"""Notifying the sequencer of an append, and the relay of what somebody asked: after it, and once for many appends."""

import asyncio
import contextlib
import re
from collections.abc import Generator, Sequence
from typing import Final

import asyncpg

from astrolabe.store.database import Database

CHANNEL: Final = "astrolabe_appended"

EVERY_SECONDS: Final = 0.02
"""How long appends are gathered for one notification at the most; the first after a pause is sent at once."""

QUIET_SECONDS: Final = 0.001
"""How long no append is made or under way before those gathered are sent: somebody may wait for the last of them."""

MOST_NAMED: Final = 150
"""How many streams a notification names, for its text has 8000 bytes at the most."""

# Nothing that anybody could lose is stored, so nobody waits for the disk.
NOTIFY: Final = """
SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, text) FROM unnest($2::text[]) AS text
"""


_ID: Final = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


class AppendNotifier:
    """Notifies whoever places events that some wait; a notification that is lost delays them by one slow look."""

    def __init__(self, database: Database) -> None:
        self._database: Database = database
        self._task: asyncio.Task[None] | None = None
        self._more: bool = False
        self._named: dict[str, None] = {}
        self._sent: float = 0.0
        self._last: float = 0.0
        self._under_way: int = 0

    @contextlib.contextmanager
    def appending(self) -> Generator[None]:
        """Note that an append is under way while the block runs."""
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1

    def notify(self, asked: str | None = None) -> None:
        """Notify soon; nobody waits for it. `asked` is a stream of which a worker is to hear."""
        self._more, self._last = True, asyncio.get_running_loop().time()
        if asked:
            self._named[asked] = None
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._send())

    def take_turn(self) -> bool:
        """Return whether nothing was sent for a while; who appends then notifies with the append itself."""
        now = asyncio.get_running_loop().time()
        if self._more or now - self._sent < EVERY_SECONDS:
            return False
        self._sent = now
        return True

    def _pause(self, now: float) -> float:
        """Return how long to wait before looking again whether to send; nothing or less where it is time."""
        quiet = QUIET_SECONDS if self._under_way else self._last + QUIET_SECONDS - now
        return min(self._sent + EVERY_SECONDS - now, quiet)

    async def _send(self) -> None:
        clock = asyncio.get_running_loop().time
        while self._more:
            while (pause := self._pause(clock())) > 0:  # noqa: ASYNC110  it waits for a time
                await asyncio.sleep(pause)
            named, self._named = tuple(self._named), {}
            self._more, self._sent = False, clock()
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._database.hot.execute(NOTIFY, CHANNEL, _texts(named))


def _texts(named: Sequence[str]) -> list[str]:
    return [" ".join(named[first : first + MOST_NAMED]) for first in range(0, len(named), MOST_NAMED)] or [""]


def named_in(text: str) -> list[str]:
    """Return the streams that a notification names; anybody who may connect can have sent it."""
    return _ID.findall(text)
