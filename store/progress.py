"""Progress: how far the step under way is, kept beside the log in a table that forgets.

Facts go into the log, which cannot forget; a tick is of no worth once the next one has come.
"""

import uuid
from datetime import datetime

from msgspec import Struct

from astrolabe.domain.words import Step
from astrolabe.store.database import Database

CHANNEL = "astrolabe_progress"
"""Where a tick is announced, with the id of its upgrade, apart from what the log announces: few want to hear it."""

PUT = """
WITH put AS (
  INSERT INTO progress AS p (instance_id, upgrade_id, attempt, step, message, done, total, unit)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
  ON CONFLICT (instance_id) DO UPDATE SET
    upgrade_id = excluded.upgrade_id, attempt = excluded.attempt, step = excluded.step, message = excluded.message,
    done = excluded.done, total = excluded.total, unit = excluded.unit, at = clock_timestamp()
  RETURNING p.upgrade_id
)
SELECT pg_notify($9, upgrade_id::text) FROM put
"""
GET = "SELECT attempt, step, message, done, total, unit, at FROM progress WHERE instance_id = $1 AND upgrade_id = $2"


class Amount(Struct, frozen=True):
    """How much of something is done."""

    done: int
    """How much is done, in `unit`."""
    total: int | None
    """How much there is to do, in `unit`; None where nobody knows."""
    unit: str
    """What is counted, in the plural: `bytes`, `migrations`."""


class Tick(Struct, frozen=True):
    """How far a step of an upgrade was at a moment."""

    attempt: int
    """The upgrade's attempt, counted from 1."""
    step: Step
    """The step under way."""
    message: str
    """What it does, in words."""
    amount: Amount | None
    """How much is done; None where nothing is counted."""
    at: datetime
    """When it was so, by the database's clock."""


class ProgressBoard:
    """The latest tick of each instance."""

    def __init__(self, database: Database) -> None:
        self._database: Database = database

    async def put(
        self, instance_id: str, upgrade_id: str, *, attempt: int, step: Step, message: str, amount: Amount | None = None
    ) -> None:
        """Replace an instance's tick, and announce it to whoever follows the upgrade."""
        counted = (amount.done, amount.total, amount.unit) if amount else (None, None, None)
        ids = uuid.UUID(instance_id), uuid.UUID(upgrade_id)
        await self._database.hot.execute(PUT, *ids, attempt, step, message, *counted, CHANNEL)

    async def latest(self, instance_id: str, upgrade_id: str) -> Tick | None:
        """Return the latest tick of an upgrade; None where there was none, or a crash forgot it."""
        ids = uuid.UUID(instance_id), uuid.UUID(upgrade_id)
        row = await self._database.hot.fetchrow(GET, *ids)
        if row is None:
            return None
        amount = None if row["done"] is None else Amount(row["done"], row["total"], row["unit"])
        return Tick(row["attempt"], row["step"], row["message"], amount, row["at"])
