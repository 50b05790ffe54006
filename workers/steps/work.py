"""Work: the instance under a lease, what was recorded of it so far, and the way to record more."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from astrolabe.domain.bounds import fit
from astrolabe.domain.plans.plan import Check
from astrolabe.domain.problem import Problem, Refused
from astrolabe.domain.recorded import Cause
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import Command, FailStep, Report
from astrolabe.domain.upgrades.events import (
    AdoptionRefused,
    Fact,
    InstanceAdopted,
    StepProgressed,
    StepStarted,
    UpgradeReviewed,
)
from astrolabe.domain.upgrades.reconcile import Due, due
from astrolabe.domain.upgrades.views import upgrade_of
from astrolabe.domain.words import Step
from astrolabe.store.outage import is_outage
from astrolabe.store.outputs import Outputs
from astrolabe.store.streams.instances import InstanceRecorded, Instances, Loaded
from astrolabe.workers.instance.failure import LINE, TEXT, StepFailed
from astrolabe.workers.instance.host import Host
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.driver import Driver
from astrolabe.workers.kinds.registry import driver_of
from astrolabe.workers.programs.output import Redactor

PROGRESS_SECONDS = 2.0
"""How often progress is recorded at the most: the log cannot forget, so it is told no more than a reader wants."""

T = TypeVar("T", bound=Struct)

FREE: dict[type[Struct], dict[str, int]] = {
    Problem: {"detail": TEXT, "seen": LINE, "todo": TEXT},
    Check: {"seen": LINE},
    StepProgressed: {"message": TEXT},
    InstanceAdopted: {"seen": LINE},
}
"""The texts of an event that hold what others said, and how many bytes each may be; only there can a secret be."""


class Superseded(Exception):  # noqa: N818  an order, not a fault
    """The log went another way (a cancel, another worker): drop what is being done."""


class LogUnreachable(Exception):  # noqa: N818  the step may be fine; only the record is not
    """The log's own database is away: nothing may be done that cannot be recorded."""


class Work:
    """One instance while this worker holds its lease."""

    def __init__(
        self, instances: Instances, outputs: Outputs, loaded: Loaded, *, host: Host, worker: str, fence: int
    ) -> None:
        self._instances: Instances = instances
        self._outputs: Outputs = outputs
        self.loaded: Loaded = loaded
        self.host: Host = host
        self.worker: str = worker
        self.fence: int = fence
        self._recording: asyncio.Lock = asyncio.Lock()
        self._begun: tuple[str, str] | None = None
        self._driving: tuple[Site, Driver] | None = None
        self._progressed: float = 0.0
        self._told: StepProgressed | None = None

    @property
    def state(self) -> s.State:
        """What the instance is, as far as this worker knows."""
        return self.loaded.state

    @property
    def busy(self) -> s.Busy:
        """The state of an instance on which something is under way."""
        if not isinstance(self.state, s.Busy):
            raise Superseded(type(self.state).__name__)
        return self.state

    def site(self) -> Site:
        """Return the instance as this host sees it."""
        if isinstance(self.state, s.Absent):
            raise Superseded("Absent")
        config = self.state.instance.config
        if isinstance(self.state, s.Touched) and (port := s.private_port(self.state)):
            # A required stop migrates on a private port: nobody may write what a later failure would lose.
            config = replace(config, port=port, address="127.0.0.1")
            return Site(self.host, self.loaded.instance_id, config, on_private_port=True)
        return Site(self.host, self.loaded.instance_id, config)

    def driver(self) -> Driver:
        """Return the driver of the instance's kind, the same as long as the site is: it may remember."""
        site = self.site()
        if self._driving is None or self._driving[0] != site:
            self._driving = site, driver_of(site)
        return self._driving[1]

    def due(self) -> Due | None:
        """Return what is due now."""
        return due(self.state, datetime.now(UTC))

    async def refresh(self) -> None:
        """Read what others appended."""
        async with self._recording:
            try:
                self.loaded = await self._instances.refresh(self.loaded)
            except Exception as error:
                raise (LogUnreachable(str(error)) if is_outage(error) else error) from error

    async def begin(self, step: Step) -> None:
        """Record once that this worker begins a step."""
        run = self.busy.run
        if self._begun != (run.upgrade_id, f"{run.attempt}.{step}"):
            await self.report(StepStarted(run.upgrade_id, run.attempt, step, self.worker, self.fence))
            self._begun = (run.upgrade_id, f"{run.attempt}.{step}")

    async def report(self, fact: Fact, because: str | None = None) -> None:
        """Record what was done or found: for whoever asked, or by the worker itself because of something else."""
        await self._record(Report(self._redacted(fact)), because)

    async def progress(self, step: Step, message: str, done: int | None = None, total: int | None = None) -> None:
        """Record how far a step is, unless that or something else was told a moment ago."""
        now, told = time.monotonic(), StepProgressed(self.busy.run.upgrade_id, step, message, done, total)
        if now - self._progressed >= PROGRESS_SECONDS and told != self._told:
            self._progressed, self._told = now, told
            await self.report(told)

    async def keep(self, text: str) -> str | None:
        """Keep what a command said at length beside the log, redacted; return its hash, None where it said nothing."""
        if not text.strip() or isinstance(self.state, s.Absent):
            return None
        until = datetime.now(UTC) + timedelta(hours=self.state.instance.config.retention_hours)
        try:
            return await self._outputs.put(Redactor(self.site().secrets)(text), until)
        except Exception as error:
            raise (LogUnreachable(str(error)) if is_outage(error) else error) from error

    async def fail_adoption(self, failure: StepFailed) -> None:
        """Record that what runs could not be adopted."""
        if not isinstance(self.state, s.Adopting):
            raise Superseded(type(self.state).__name__)
        await self.report(AdoptionRefused(self.state.attempt, failure.problem, datetime.now(UTC)))

    async def fail(self, step: Step, failure: StepFailed) -> None:
        """Record that the step due cannot be done."""
        redacted = self._redacted(replace(failure.problem, output=await self.keep(failure.output)))
        await self._record(FailStep(self.busy.run.upgrade_id, step, redacted, datetime.now(UTC)))

    async def _record(self, command: Command, because: str | None = None) -> None:
        async with self._recording:
            try:
                cause = self._cause(because)
                self.loaded = await self._instances.execute(self.loaded, command, cause, fence=self.fence)
            except Refused as refusal:
                raise Superseded(refusal.detail) from None
            except Exception as error:
                raise (LogUnreachable(str(error)) if is_outage(error) else error) from error

    def _cause(self, because: str | None) -> Cause:
        asked = next((each for each in reversed(self.loaded.history) if _asks(each)), None)
        by = asked.cause if asked and because is None else Cause(self.worker, because or "nobody asked", "")
        return Cause(
            actor=by.actor,
            reason=by.reason,
            source=f"worker/{self.worker}",
            causation_id=self.loaded.history[-1].event_id if self.loaded.history else None,
            correlation_id=upgrade_of(self.state),
        )

    def _redacted(self, told: T) -> T:
        return redacted(told, Redactor(self.site().secrets))


def _asks(recorded: InstanceRecorded) -> bool:
    # Whoever reviews afterwards asks for nothing.
    return not (recorded.cause.source.startswith("worker/") or isinstance(recorded.event, UpgradeReviewed))


def redacted(told: T, redact: Callable[[str], str]) -> T:
    """Return the same value with all that was seen or said redacted, and cut to what an event can bear.

    Names and ids stay as they are: the log must find a database again whose password is also its name.
    """
    free = FREE.get(type(told), {})

    def clean(name: str, value: Any) -> Any:
        if isinstance(value, str) and name in free:
            return fit(redact(value), free[name])
        if isinstance(value, tuple):
            return tuple(clean(name, each) for each in value)
        return redacted(value, redact) if isinstance(value, Struct) else value

    return replace(told, **{name: clean(name, getattr(told, name)) for name in told.__struct_fields__})
