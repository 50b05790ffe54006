"""The tail: waits for the log to grow, by notification where one arrives and by looking where none does.

No growth is missed: whoever waits noted `heard` before reading, so that what comes between reading and waiting ends the
wait at once; and a new connection counts as growth once it listens, so that what came while there was none is read.
Only a connection that is dead and does not look so can lose a notification: the tail itself looks on it now and then,
once for all who wait in its process.
"""

import asyncio
import contextlib
import itertools
from collections.abc import Callable, Generator, Sequence
from types import TracebackType
from typing import Self

import asyncpg
from typing_extensions import override

from astrolabe.store.database import Connection, Database
from astrolabe.store.log import sql

CHANNEL = "astrolabe_log"
LOOK_SECONDS = 15.0
"""How long a lost notification may go unnoticed, and a dead connection seem to live."""

LONGEST_SECONDS = 300.0
"""How long is waited at most where nobody says how long: longer than connections rest that nobody needs meanwhile."""

RECONNECT_SECONDS = 1.0
"""How long a connection that ended, or could not be made, is let alone."""


class Growth:
    """What somebody waits for to grow: the log, or the log and what else they follow."""

    def __init__(self) -> None:
        self._grown: asyncio.Event = asyncio.Event()
        self.heard: int = 0
        """How often it was heard to grow; to note before reading, and to hand to `wait` after."""

    async def wait(self, seconds: float = LONGEST_SECONDS, *, since: int | None = None) -> None:
        """Return when it has grown, or had since `heard` was noted, or after some seconds in any case."""
        if since not in {None, self.heard}:
            return
        grown = self._grown
        # Not wait_for, which in Python 3.11 forgets a cancellation that comes together with what was waited for.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await grown.wait()

    def notice(self) -> None:
        """Wake all who wait."""
        self.heard += 1
        grown, self._grown = self._grown, asyncio.Event()
        grown.set()


class Channel(Growth):
    """What is announced on a channel beside the log's growth, heard on a tail's connection."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name: str = name
        self.hear: Callable[[str], None] = lambda _: None
        """What is given the text of each notification, before anybody is woken."""

    def notified(self, _connection: object, _pid: int, _channel: str, text: object) -> None:
        """Take a notification as asyncpg hands it on."""
        self.hear(str(text))
        self.notice()


class Tail(Growth):
    """One listening connection, shared by all who wait in this process."""

    def __init__(
        self,
        database: Database,
        *channels: str,
        topics: str | None = None,
        beside: Sequence[Channel] = (),
    ) -> None:
        """Listen to channels, by default to the log's growth.

        What is announced on `topics` wakes those alone who follow what it is about, which is all that it says; what is
        announced `beside` wakes those alone who wait for that channel.
        """
        super().__init__()
        self._database: Database = database
        self._channels: tuple[str, ...] = channels or (CHANNEL,)
        self._topics: str | None = topics
        self._beside: tuple[Channel, ...] = tuple(beside)
        self._following: dict[str, list[Growth]] = {}
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._listen())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task:
            self._task.cancel()
            # Not awaited itself: its cancellation would pass for one of our own, which must not be forgotten.
            await asyncio.wait((self._task,))

    @contextlib.contextmanager
    def following(self, topic: str) -> Generator[Growth]:
        """Follow the log, and what is announced about one topic."""
        growth = Growth()
        self._following.setdefault(topic, []).append(growth)
        try:
            yield growth
        finally:
            self._following[topic].remove(growth)
            if not self._following[topic]:
                del self._following[topic]

    @override
    def notice(self) -> None:
        """Wake all who wait, whatever they follow."""
        super().notice()
        for each in itertools.chain.from_iterable(self._following.values()):
            each.notice()

    def _notice_all(self) -> None:
        """Wake everybody: what was announced may have been missed."""
        self.notice()
        for each in self._beside:
            each.notice()

    def _notified(self, _connection: object, _pid: int, _channel: str, _text: object) -> None:
        self.notice()

    def _announced(self, _connection: object, _pid: int, _channel: str, topic: object) -> None:
        for each in self._following.get(str(topic), ()):
            each.notice()

    async def _listen(self) -> None:
        while True:
            with contextlib.suppress(
                OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError
            ):
                await self._hear(await self._database.listen_connection())
            self._notice_all()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _size(self, connection: Connection) -> int | None:
        return await connection.fetchval(sql.LOG_HEAD, timeout=LOOK_SECONDS)

    async def _hear(self, connection: Connection) -> None:
        ended = asyncio.Event()

        def end(_: Connection) -> None:
            ended.set()

        connection.add_termination_listener(end)
        try:
            for channel in self._channels:
                await connection.add_listener(channel, self._notified)
            if self._topics:
                await connection.add_listener(self._topics, self._announced)
            for each in self._beside:
                await connection.add_listener(each.name, each.notified)
            size = await self._size(connection)
            self._notice_all()
            while not ended.is_set():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await ended.wait()
                before, size = size, await self._size(connection)
                if size != before:
                    self._notice_all()
        finally:
            connection.terminate()
