"""The stage of a run: all that a fault may reach."""

from dataclasses import dataclass, field

import asyncpg

from tests.chaos.history import History
from tests.chaos.house import House
from tests.chaos.site import Site

HOLDER = "SELECT holder FROM astrolabe.lease WHERE resource = $1::uuid AND expires_at > clock_timestamp()"


@dataclass
class Stage:
    """One instance in a house, its history, and what was noted of the faults."""

    house: House
    site: Site
    history: History
    upgrade_id: str = ""
    killed_at: list[float] = field(default_factory=list)
    """When a worker that was at it was killed, on this process's clock."""
    notes: list[str] = field(default_factory=list)
    """What a fault itself found to be wrong."""

    async def holder(self) -> str | None:
        """Return who holds the instance's lease now; None where nobody does."""
        connection = await asyncpg.connect(self.house.log.postgres.url(), timeout=5)
        try:
            return await connection.fetchval(HOLDER, self.history.instance_id)
        finally:
            await connection.close()
