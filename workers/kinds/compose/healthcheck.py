"""A container's own healthcheck: what the engine says of it, or the very test asked now where that says nothing yet."""

import time
from typing import Final

from astrolabe.domain.kinds import docker
from astrolabe.workers.kinds.compose.container import Container
from astrolabe.workers.kinds.compose.engine import Engine
from astrolabe.workers.programs import shell

EVERY_SECONDS: Final = 1.0
"""How often a test is asked by us, beside the engine's own interval."""

LONGEST_SECONDS: Final = 10.0
"""How long is waited for our own asking; a test that takes longer is left to the engine."""

WELL: Final = frozenset({"", "none", "healthy"})
LONGEST: Final = 200
"""Characters of what it said that are shown."""


class ContainerHealthcheck:
    """Asks the test that the engine will ask: one that cannot pass is known at once, and no interval is waited for."""

    def __init__(self, engine: Engine) -> None:
        self._engine: Engine = engine
        self._asked: tuple[str, float, str | None] = ("", 0.0, None)

    async def unwell(self, container: Container) -> str | None:
        """Say why a container is not healthy by its own test; None where it is, or has none."""
        health = container.state.health
        if health is None or health.status in WELL:
            return None
        who, when, said = self._asked
        if who != container.id or time.monotonic() - when > EVERY_SECONDS:
            said = await self._failing(container, health.status)
            self._asked = container.id, time.monotonic(), said
        return said

    async def _failing(self, container: Container, status: str) -> str | None:
        check = container.config.healthcheck
        if check is None or not check.command:
            return f"its healthcheck says {status}"
        deadline = min(check.timeout / 1e9 or LONGEST_SECONDS, LONGEST_SECONDS)
        try:
            await self._engine.run(docker.execute(self._engine.docker, container.id, check.command), deadline=deadline)
        except shell.CommandProblem as error:
            said = " ".join((error.tail or str(error)).split())
            return f"its healthcheck does not pass: {said[:LONGEST]}"
        return None
