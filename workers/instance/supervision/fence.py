"""A fence: while an instance is stopped, or runs apart, whoever comes to its port or its database is reported."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal, NoReturn, TypeAlias

from msgspec import Struct

from astrolabe.domain.supervision import parents
from astrolabe.workers.instance import process
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.process import GatewayProcess
from astrolabe.workers.programs.output import Redactor

EVERY_SECONDS = 0.1
SCAN_EVERY = 3
SESSIONS_EVERY = 10
"""At how many looks all processes are looked at, and the server is asked, once."""

GRACE_SECONDS = 5.0
"""How long a process may take to end where it is asked to."""

OFTEN = 2
"""How often a gateway must have come back until it is clear that somebody starts it again."""


class Sighting(Struct, frozen=True):
    """Somebody who should not be there: a listener on the port, or a session in the database."""

    what: Literal["listener", "session"]
    who: str
    """Without secrets."""
    ended: bool
    """Whether the fence has ended it."""

    @property
    def sentence(self) -> str:
        """The sighting in a sentence."""
        where = "came to the instance's port" if self.what == "listener" else "was in the instance's database"
        return f"{self.who} {where}{' and was ended' if self.ended else ''}"


Sessions: TypeAlias = Callable[[], Awaitable[Sequence[Sighting]]]
"""Finds, and ends where it may, the sessions that do not belong in the instance's database."""

Whose: TypeAlias = Callable[[GatewayProcess], bool]


class Fence:
    """Watches a port, the twins of what was stopped, and a database whose sessions can be asked for, each if given."""

    def __init__(
        self,
        port: int | None,
        *,
        ours: Whose,
        end: Whose,
        twins: Callable[[], Sequence[GatewayProcess]] = tuple,
        sessions: Sessions | None = None,
        secrets: Sequence[str] = (),
    ) -> None:
        self._port: int | None = port
        self._twins: Callable[[], Sequence[GatewayProcess]] = twins
        self._sessions: Sessions | None = sessions
        self._ours: Whose = ours
        self._end: Whose = end
        self._redact: Redactor = Redactor(secrets)
        self._seen: set[Sighting] = set()
        self._ended: int = 0

    async def watch(self, report: Callable[[str], Awaitable[None]]) -> NoReturn:
        """Look until the end, and report each newcomer once; raises StepFailed where one comes again and again."""
        looks = 0
        while True:
            found = await self._look(looks % SCAN_EVERY == 0, looks % SESSIONS_EVERY == 0)
            for newcomer in found:
                await report(newcomer)
            looks += 1
            await asyncio.sleep(EVERY_SECONDS)

    async def look(self) -> list[str]:
        """Look once, and end who is to be ended; return what was not seen before. Raises StepFailed as `watch` does."""
        return await self._look(scan=True, sessions=True)

    async def _look(self, scan: bool, sessions: bool) -> list[str]:
        found = await self._listener()
        for twin in self._twins() if scan else ():
            if not self._ours(twin):
                found.append(await self._end_process(twin))
        if sessions and self._sessions:
            found = [*found, *await self._sessions()]
        new = [each for each in dict.fromkeys(found) if each not in self._seen]
        self._seen.update(new)
        return [each.sentence for each in new]

    async def _listener(self) -> list[Sighting]:
        if self._port is None:
            return []
        try:
            found = process.listener(self._port)
        except StepFailed as hidden:
            return [Sighting("listener", hidden.problem.detail, ended=False)]
        if found is None or self._ours(found):
            return []
        if not self._end(found):
            return [Sighting("listener", self._who(found), ended=False)]
        return [await self._end_process(found)]

    def _who(self, found: GatewayProcess) -> str:
        return self._redact(parents.shown(found.argv) or f"process {found.pid}")

    async def _end_process(self, found: GatewayProcess) -> Sighting:
        who = self._who(found)
        await process.end(found, GRACE_SECONDS)
        self._ended += 1
        if self._ended >= OFTEN:
            raise StepFailed(
                "brought-back",
                f"Somebody starts the gateway again each time that it is ended: {who}.",
                todo="Find out who does (its parent process, a terminal, a cron job), stop that, then retry.",
            )
        return Sighting("listener", who, ended=True)
