"""The database of an instance inside its own compose project, reached at its container's address."""

import math
import time

from msgspec.structs import replace
from typing_extensions import override

from astrolabe.domain.instances.instance import DatabaseConfig
from astrolabe.workers.instance.database import InstanceDatabase
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.reach import Reach
from astrolabe.workers.kinds.compose.engine import Engine

POLL_SECONDS = 5.0
"""How long an address is believed: a container that was made anew has another one."""


class ContainerDatabase(InstanceDatabase):
    """Looks for the container again and again, but not for every question: that would be most of the downtime."""

    def __init__(
        self, database: DatabaseConfig, password: str | None, reach: Reach, engine: Engine, labels: tuple[str, ...]
    ) -> None:
        super().__init__(database, password, reach)
        self._at: DatabaseConfig = database
        self._engine: Engine = engine
        self._labels: tuple[str, ...] = labels
        self._looked: float = -math.inf

    @override
    async def where(self) -> DatabaseConfig:
        """Say where the container is now, or was a moment ago."""
        if time.monotonic() - self._looked < POLL_SECONDS:
            return self._at
        asked = time.monotonic()
        found = [each for each in await self._engine.labelled(*self._labels) if each.state.running]
        address = next((each.address for each in found if each.address), None)
        if address is None:
            raise StepFailed(
                "database-unreachable",
                f"No running container of the service has an address of its own: {', '.join(self._labels)}.",
                todo="Start the database's service; where it has no network of its own, leave database_service out.",
            )
        self._at, self._looked = replace(self._at, host=address), asked
        return self._at

    def look_at(self, address: str) -> None:
        """Believe an address that was just seen."""
        self._at, self._looked = replace(self._at, host=address), time.monotonic()

    def look_again(self) -> None:
        """Believe no address from before: its container is on other networks now."""
        self._looked = -math.inf

    @override
    async def server_folder(self) -> str | None:
        """Return None: the server's folder is inside its container, not on this host."""
        return None
