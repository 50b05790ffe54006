"""A start: a gateway followed until it serves, or until there is nothing more to wait for."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import datetime

from astrolabe.domain.plans.plan import Artifact
from astrolabe.domain.words import Step
from astrolabe.workers.instance.failure import LINES, StepFailed
from astrolabe.workers.instance.probe import EVERY, HealthWatch, Probed, Where
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.driver import Driver, GatewayId
from astrolabe.workers.kinds.probing import probing
from astrolabe.workers.programs.output import Redactor
from astrolabe.workers.steps.context import StepContext
from astrolabe.workers.steps.progress import StartProgress
from astrolabe.workers.steps.together import both

LOOK_EVERY = 0.02
"""Seconds between two looks at what starts apart: others are let in after what is seen there."""

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def downtime_ms(last_healthy_at: datetime, healthy_at: datetime) -> int:
    """Return how long nobody was served, from the last answer of before to the first since, in milliseconds."""
    return max(0, round((healthy_at - last_healthy_at).total_seconds() * 1000))


class GatewayStart:
    """One start of one artifact, distinguished from all others by its mark."""

    def __init__(
        self, context: StepContext, artifact: Artifact, mark: str, step: Step, where: Where | None = None
    ) -> None:
        self._site: Site = context.site
        self._driver: Driver = context.driver
        self._artifact: Artifact = artifact
        self._mark: str = mark
        self._progress: StartProgress = StartProgress(context, artifact, step)
        self._where: Where = where or context.driver.reached
        self._seen: str = "not asked yet"

    async def until_healthy(self, start: Callable[[], Awaitable[GatewayId]]) -> datetime:
        """Start, and wait until this very gateway serves the right version; return when it was first seen to."""
        async with probing(self._site, self._driver, self._where) as probe:
            async with HealthWatch(probe).running() as watch:
                gateway = await start()
            confirmed = await self._follow(probe, watch, gateway)
            # It may have served before the start was over, or before anybody could know which version that was.
            first = watch.first_healthy_at if self._site.config.serves else None
            return min(first or confirmed, confirmed)

    async def until_ended(self, job: GatewayId) -> None:
        """Wait until a job has ended well; raises StepFailed where it does not, or nothing moves any more."""
        self._seen = "a job has not ended"
        await self._progress.begin()
        while await self._driver.alive(job):
            if await self._progress.exhausted():
                raise await self._gave_up()
            await asyncio.sleep(EVERY)
        if await self._driver.exit_code(job) != 0:
            raise await self._died(job)

    async def _follow(self, probe: Probed, watch: HealthWatch, gateway: GatewayId) -> datetime:
        await self._progress.begin()
        while True:
            healthy_at, self._seen = await watch.look()
            if healthy_at and await self._is_expected(probe, gateway):
                return healthy_at
            if healthy_at:
                watch.first_healthy_at = None  # that was somebody else, or not well yet
            if not await self._driver.alive(gateway):
                raise await self._died(gateway)
            if await self._progress.exhausted():
                raise await self._gave_up()
            await self._pause()

    async def _pause(self) -> None:
        apart = self._site.on_private_port or await self._driver.where()
        await asyncio.sleep(LOOK_EVERY if apart else EVERY)

    async def _is_expected(self, probe: Probed, gateway: GatewayId) -> bool:
        running, answered = await both(self._driver.running(), probe.version())
        if running is None or gateway not in running.gateways:
            self._seen = f"{self._seen}, but from another: {running.seen if running else 'nobody that can be seen'}"
            return False
        version = answered or running.version
        if version not in (None, self._artifact.version):
            self._seen = f"{self._seen}, but from version {version}"
            return False
        return True

    async def _died(self, gateway: GatewayId) -> StepFailed:
        lines = await self.said()
        said = "\n".join(lines)
        reason, at = _reason(self._site.product.log.failed, lines)
        lines = lines[at : at + LINES] if reason else lines
        code = await self._driver.exit_code(gateway)
        ended = "ended" if code is None else f"ended with code {code}"
        if reason and (where := await self._failed_migration()):
            return StepFailed(
                "migration-failed",
                f"Migration {where}: {reason}",
                seen=lines,
                todo="Mend what the reason names in the data, then retry; the failed database is kept aside.",
                output=said,
            )
        return StepFailed(
            "start-failed",
            f"{self._what()} {ended} before it served: {reason or _last(lines)}",
            seen=lines,
            todo="Read what it said, mend it, then retry.",
            output=said,
        )

    async def _failed_migration(self) -> str | None:
        files = await self._driver.migration_files(self._artifact)
        migrations, database = self._site.product.migrations, self._driver.database
        if not files or migrations is None or database is None:
            return None
        try:
            applied = set(await database.history(migrations) or [])
        except StepFailed:
            return None
        pending = [name for name in files if name not in applied]
        if not pending:
            return None
        name = pending[0].removeprefix(migrations.prefix)
        return f"{name} failed, {len(files) - len(pending)} of {len(files)} are applied"

    async def _gave_up(self) -> StepFailed:
        applied, said, seconds = await self._progress.applied(), await self.said(), self._progress.seconds
        return StepFailed(
            "never-healthy",
            f"{self._what()} did not serve within {seconds:.0f} seconds; without progress at last: {self._seen}",
            seen=[*said, f"migrations applied: {applied}"],
            output="\n".join(said),
            todo="Read what it said; give the instance more patience_seconds if it was only slow, then retry.",
        )

    def _what(self) -> str:
        return f"{self._artifact.package} {self._artifact.version}"

    async def said(self) -> list[str]:
        """Return the last lines of the gateway's own output, without colours and without secrets."""
        redact = Redactor(self._site.secrets)
        return [redact(ANSI.sub("", line)) for line in (await self._driver.output(self._mark)).splitlines()]


def _reason(expressions: tuple[str, ...], lines: list[str]) -> tuple[str | None, int]:
    """Find why a migration failed, and on which line that stands."""
    for expression in expressions:
        for number, line in enumerate(lines):
            if found := re.search(expression, line):
                return found.groupdict().get("reason") or found[0], number
    return None, 0


def _last(lines: list[str]) -> str:
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
