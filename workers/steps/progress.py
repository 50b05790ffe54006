"""Progress of a start: migrations that are applied, and a database that is still at work."""

import time

from astrolabe.domain.plans.plan import Artifact
from astrolabe.domain.words import Step
from astrolabe.store.progress import Amount
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.driver import Driver
from astrolabe.workers.steps.context import StepContext
from astrolabe.workers.steps.recorder import Recorder

POLL_SECONDS = 0.5
"""How often migration progress is looked for."""

HARD_LIMIT = 60
"""After this many times the patience a start is given up, whatever it still seems to be doing."""


class StartProgress:
    """How far something is that starts, and whether there is nothing more to wait for."""

    def __init__(self, context: StepContext, artifact: Artifact, step: Step) -> None:
        self._recorder: Recorder = context.recorder
        self._site: Site = context.site
        self._driver: Driver = context.driver
        self._artifact: Artifact = artifact
        self._step: Step = step
        self._begun: float = time.monotonic()
        self._moved: float = self._begun
        self._looked: float = 0.0
        self._before: int | None = None

    @property
    def seconds(self) -> float:
        """How long it has been followed."""
        return time.monotonic() - self._begun

    async def begin(self) -> None:
        """Count from here on."""
        self._begun = self._moved = time.monotonic()
        self._looked, self._before = 0.0, await self.applied()

    async def exhausted(self) -> bool:
        """Look again, if it is time; return whether nothing has moved for as long as the instance's patience."""
        now, patience = time.monotonic(), self._site.config.patience_seconds
        if now - self._looked >= POLL_SECONDS:
            self._looked = now
            await self._look()
        return now - self._moved > patience or now - self._begun > patience * HARD_LIMIT

    async def applied(self) -> int | None:
        """Count the migrations that are applied; None where nobody knows."""
        database, migrations = self._driver.database, self._site.product.migrations
        if database is None or migrations is None:
            return None
        try:
            history = await database.history(migrations)
        except StepFailed:
            return None
        return None if history is None else len(history)

    async def _look(self) -> None:
        applied = await self.applied()
        if applied != self._before:
            self._before = applied
            total = len(await self._driver.migration_files(self._artifact) or []) or None
            amount = None if applied is None else Amount(applied, total, "migrations")
            await self._recorder.progress(self._step, "applying migrations", amount)
            self._moved = time.monotonic()
        elif self._driver.database and await self._driver.database.working():
            self._moved = time.monotonic()
