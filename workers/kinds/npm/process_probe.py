"""The probe of a product without a port: its process, what that has said, and what its database answers."""

import asyncio
import re
import time
from collections.abc import Callable
from typing import Final

from astrolabe.domain.products.product import HealthCheck
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.npm.own_processes import Own
from astrolabe.workers.kinds.npm.program import Program

SETTLED_SECONDS: Final = 2.0
"""For how long a process must have run where nothing else says that it is at its work."""

QUERY_SECONDS: Final = 2.0
"""How long the database may take to answer."""

REPEAT_SECONDS: Final = 0.25
"""How long an answer of the database counts, before it is asked again."""


class ProcessProbe:
    """Says whether the process of an instance is at its work, as a gateway with a port says over HTTP."""

    def __init__(self, site: Site, program: Program, find: Callable[[], list[Own]]) -> None:
        self._site: Site = site
        self._rule: HealthCheck = site.product.health
        self._program: Program = program
        self._find: Callable[[], list[Own]] = find
        self._asked: tuple[float, str | None] | None = None

    async def health(self) -> tuple[bool, str]:
        """Ask whether it is at its work; return the verdict and what was seen."""
        if not (all_found := self._find()):
            return False, "no process of it runs"
        found = all_found[0]
        lacking = self._not_ready(found) or await self._not_answered()
        return lacking is None, f"process {found.process.pid} runs{f', {lacking}' if lacking else ''}"

    async def version(self) -> None:
        """Return None: its package says which version it is."""

    def _not_ready(self, found: Own) -> str | None:
        """Say what its output or its age lacks; output that is not ours to read says nothing."""
        said = self._program.said_first(found.mark) if found.mark and self._rule.log else None
        if self._rule.log and said is not None:
            says = re.search(self._rule.log, said, re.MULTILINE)
            return None if says else f"and has not said yet: {self._rule.log}"
        seconds = time.time() - found.process.created
        return None if self._rule.query or seconds >= SETTLED_SECONDS else f"for {max(seconds, 0):.1f} seconds"

    async def _not_answered(self) -> str | None:
        """Say what the database lacks, at most a few times a second."""
        if self._rule.query is None or self._site.database is None:
            return None
        if self._asked is None or time.monotonic() - self._asked[0] >= REPEAT_SECONDS:
            self._asked = time.monotonic(), await self._answer(self._rule.query)
        return self._asked[1]

    async def _answer(self, query: str) -> str | None:
        database = self._site.database
        try:
            async with asyncio.timeout(QUERY_SECONDS):
                answer = await database.answer(query) if database else None
        except (StepFailed, TimeoutError) as error:
            return f"and its database did not answer: {error}"
        return None if answer else f"and its database answers {answer!r:.50}"
