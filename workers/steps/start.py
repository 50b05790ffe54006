"""A start: a gateway's process followed until it serves, or until there is nothing more to wait for."""

import asyncio
import contextlib
import re
import time
from datetime import UTC, datetime

from domain.plan import Artifact
from domain.words import Step
from workers.drivers.npx import NpxDriver
from workers.failure import LINES, StepFailed
from workers.output import Redactor
from workers.probe import EVERY, Probe
from workers.process import Process
from workers.shell import exit_code
from workers.site import Site
from workers.work import Work

LOOK_SECONDS = 0.5
"""How often migration progress is looked for."""

REAP_SECONDS = 0.5

HARD_LIMIT = 60
"""After this many times the patience a start is given up, whatever it still seems to be doing."""

ANSI = re.compile(r"\x1b\[[0-9;]*m")


class Start:
    """One start of one artifact, told apart from all others by its mark."""

    def __init__(self, work: Work, artifact: Artifact, mark: str, step: Step) -> None:
        self._work: Work = work
        self._site: Site = work.site()
        self._driver: NpxDriver = work.driver()
        self._artifact: Artifact = artifact
        self._mark: str = mark
        self._step: Step = step
        self._seen: str = "not asked yet"

    async def until_healthy(self, process: Process) -> datetime:
        """Wait until this very process serves the right version; gives when it was first seen to."""
        patience = self._site.config.patience_seconds
        started = moved = time.monotonic()
        looked, progress = 0.0, await self._applied()
        async with Probe.open(self._site.config, self._site.product) as probe:
            while True:
                asked = datetime.now(UTC)
                if await self._serves(probe, process):
                    return asked
                if not process.alive():
                    raise await self._died(process)
                now = time.monotonic()
                if now - looked >= LOOK_SECONDS:
                    looked = now
                    moved, progress = await self._look(moved, progress)
                if now - moved > patience or now - started > patience * HARD_LIMIT:
                    raise await self._gave_up(now - started)
                await asyncio.sleep(EVERY)

    async def _serves(self, probe: Probe, process: Process) -> bool:
        healthy, self._seen = await probe.health()
        if not healthy:
            return False
        running = self._driver.running()
        if running is None or not _same(running.process, process):
            self._seen = f"{self._seen}, but from another process"
            return False
        version = await probe.version() or running.version
        if version not in (None, self._artifact.version):
            self._seen = f"{self._seen}, but from version {version}"
            return False
        return True

    async def _look(self, moved: float, before: int | None) -> tuple[float, int | None]:
        applied = await self._applied()
        if applied != before:
            total = len(self._driver.migration_files(self._artifact) or []) or None
            await self._work.progress(self._step, "migrations applied", applied, total)
            return time.monotonic(), applied
        if self._site.database and await self._site.database.working():
            return time.monotonic(), applied
        return moved, applied

    async def _applied(self) -> int | None:
        if self._site.database is None or self._site.product.migrations is None:
            return None
        try:
            history = await self._site.database.history(self._site.product.migrations)
        except StepFailed:
            return None
        return None if history is None else len(history)

    async def _died(self, process: Process) -> StepFailed:
        lines = self.said()
        said = "\n".join(lines)
        reason, at = _reason(self._site.product.log.failed, lines)
        lines = lines[at : at + LINES] if reason else lines
        code = await _exit_code(process)
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
        files = self._driver.migration_files(self._artifact)
        migrations, database = self._site.product.migrations, self._site.database
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

    async def _gave_up(self, seconds: float) -> StepFailed:
        applied = await self._applied()
        return StepFailed(
            "never-healthy",
            f"{self._what()} did not serve within {seconds:.0f} seconds; without progress at last: {self._seen}",
            seen=[*self.said(), f"migrations applied: {applied}"],
            output="\n".join(self.said()),
            todo="Read what it said; give the instance more patience_seconds if it was only slow, then retry.",
        )

    def _what(self) -> str:
        return f"{self._artifact.package} {self._artifact.version}"

    def said(self) -> list[str]:
        """Give the last lines of the gateway's own output, without colours and without secrets."""
        try:
            with self._driver.log(self._mark).open("rb") as file:
                file.seek(max(0, file.seek(0, 2) - 65_536))
                text = file.read().decode("utf-8", "replace")
        except OSError:
            return []
        redact = Redactor(self._site.secrets)
        return [redact(ANSI.sub("", line)) for line in text.splitlines()]


async def _exit_code(process: Process) -> int | None:
    """Wait a moment for the code of a process that ended; only the worker that started it ever learns it."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(REAP_SECONDS):
            while (code := exit_code(process.pid)) is None:  # noqa: ASYNC110  a thread stores it
                await asyncio.sleep(EVERY)
            return code
    return None


def _same(found: Process, started: Process) -> bool:
    return (found.pid, found.created) == (started.pid, started.created) or started.pid in found.ancestors()


def _reason(expressions: tuple[str, ...], lines: list[str]) -> tuple[str | None, int]:
    """Find why a migration failed, and on which line that stands."""
    for expression in expressions:
        for number, line in enumerate(lines):
            if found := re.search(expression, line):
                return found.groupdict().get("reason") or found[0], number
    return None, 0


def _last(lines: list[str]) -> str:
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
