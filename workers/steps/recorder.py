"""The recorder: what was recorded of an instance so far, and the way to record more under a lease."""

import asyncio
import contextlib
import time
from collections.abc import Generator, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from astrolabe.domain.bounds import fit
from astrolabe.domain.plans.hand_command import HandCommand
from astrolabe.domain.problem import Problem, Refused
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import Beginner, Command, FailStep, Report
from astrolabe.domain.upgrades.events import AdoptionRefused, Fact, StepProgressed, StepStarted
from astrolabe.domain.upgrades.instance_row import upgrade_of
from astrolabe.domain.words import Step
from astrolabe.store.outage import is_outage
from astrolabe.store.outputs import Outputs
from astrolabe.store.progress import Amount, ProgressBoard
from astrolabe.store.streams.instances import InstanceRecorded, Instances, Loaded
from astrolabe.workers.instance.failure import TEXT, StepFailed
from astrolabe.workers.instance.host import Host
from astrolabe.workers.programs.output import Redactor
from astrolabe.workers.steps.causes import Causes
from astrolabe.workers.steps.redaction import InstanceRedaction, redacted

PROGRESS_SECONDS = 1.0
"""How often progress is shown at the most: nobody reads faster."""

S = TypeVar("S", bound=Struct)


class Superseded(Exception):  # noqa: N818  an order, not a fault
    """The log went another way (a cancel, another worker): drop what is being done."""


class LogUnreachable(Exception):  # noqa: N818  the step may be fine; only the record is not
    """The log's own database is away: nothing may be done that cannot be recorded."""


def expect(state: s.State, *states: type[S]) -> S:
    """Return the state if it is one of these; raises Superseded where the log went another way."""
    if isinstance(state, states):
        return state
    raise Superseded(type(state).__name__)


class Recorder:
    """Appends what one worker does to one instance, and reads what others append; every text is redacted first."""

    def __init__(
        self,
        instances: Instances,
        outputs: Outputs,
        board: ProgressBoard,
        host: Host,
        loaded: Loaded,
        *,
        worker: str,
        fence: int,
    ) -> None:
        self._instances: Instances = instances
        self._outputs: Outputs = outputs
        self._board: ProgressBoard = board
        self._host: Host = host
        self._loaded: Loaded = loaded
        self._worker: str = worker
        self._fence: int = fence
        self._appending: asyncio.Lock = asyncio.Lock()
        self._begun: tuple[str, int, Step] | None = None
        self._causes: Causes = Causes(worker)
        self._redacting: InstanceRedaction = InstanceRedaction(host, loaded.stream_id)
        self._progressed: float = 0.0
        self._progress: tuple[Step, str, Amount | None] | None = None

    @property
    def instance_id(self) -> str:
        """The instance's id."""
        return self._loaded.stream_id

    @property
    def state(self) -> s.State:
        """What the instance is, as far as this worker knows."""
        return self._loaded.state

    @property
    def busy(self) -> s.Busy:
        """The state of an instance on which it is a worker's turn; raises Superseded where it is not."""
        if isinstance(self.state, s.Busy):
            return self.state
        raise Superseded(type(self.state).__name__)

    @property
    def version(self) -> int:
        """The version of the stream that this worker knows."""
        return self._loaded.version

    @property
    def history(self) -> tuple[InstanceRecorded, ...]:
        """Everything that was recorded of the instance, oldest first."""
        return self._loaded.history

    async def refresh(self) -> s.State | None:
        """Read what others appended; return the state before that, None where nobody else appended anything."""
        async with self._appending:
            before = self._loaded
            with _reachable():
                self._loaded = await self._instances.refresh(before)
            return before.state if self._loaded.version != before.version else None

    @property
    def worker(self) -> str:
        """The worker that records, as HOST:PROCESS."""
        return self._worker

    def has_begun(self, step: Step) -> bool:
        """Return whether the beginning of a step of this attempt was recorded here."""
        run = self.busy.run
        return self._begun == (run.upgrade_id, run.attempt, step)

    async def begin(self, step: Step) -> None:
        """Record that this worker begins a step, once for each attempt of an upgrade."""
        run = self.busy.run
        if not self.has_begun(step):
            await self.report(StepStarted(run.upgrade_id, run.attempt, step, self._worker, self._fence))

    async def report(self, fact: Fact, because: str | None = None) -> None:
        """Record what was done or found: for whoever asked, or by the worker itself because of something else."""
        by = Beginner(self._worker, self._fence)
        await self._append(Report(redacted(fact, self._redactor()), by), because)

    async def note(self, step: Step, message: str, done: int | None = None, total: int | None = None) -> None:
        """Record what a reader of the log wants to know of a step years later."""
        await self.report(StepProgressed(self.busy.run.upgrade_id, step, message, done, total))

    async def progress(self, step: Step, message: str, amount: Amount | None = None) -> None:
        """Show whoever looks now how far a step is, beside the log; not oftener than anybody reads."""
        now = time.monotonic()
        progress: tuple[Step, str, Amount | None] = step, message, amount
        if now - self._progressed < PROGRESS_SECONDS or progress == self._progress:
            return
        self._progressed, self._progress = now, progress
        run, text = self.busy.run, fit(self._redactor()(message), TEXT)
        try:
            await self._board.put(
                self.instance_id, run.upgrade_id, attempt=run.attempt, step=step, message=text, amount=amount
            )
        except Exception as error:
            # Nothing depends on it; what must be recorded will find out for itself that nothing can be.
            if not is_outage(error):
                raise

    async def keep(self, output: str) -> str | None:
        """Keep what a command said at length beside the log; return its SHA-256, None where it said nothing."""
        if not output.strip() or isinstance(self.state, s.Absent):
            return None
        until, upgrade_id = datetime.now(UTC) + self._host.output_retention, upgrade_of(self.state)
        with _reachable():
            return await self._outputs.put(
                self._redactor()(output), until, instance_id=self.instance_id, upgrade_id=upgrade_id
            )

    async def fail(self, step: Step, failure: StepFailed, commands: Sequence[HandCommand] = ()) -> None:
        """Record that a step cannot be done, and what a person can type where that leaves the instance to one."""
        problem = await self.problem_of(failure)
        typed = tuple(redacted(each, self._redactor()) for each in commands)
        await self._append(FailStep(self.busy.run.upgrade_id, step, problem, datetime.now(UTC), typed))

    async def problem_of(self, failure: StepFailed) -> Problem:
        """Return what went wrong as the log may hold it; what was said at length is kept beside the log."""
        return redacted(replace(failure.problem, output=await self.keep(failure.output)), self._redactor())

    async def fail_adoption(self, failure: StepFailed) -> None:
        """Record that what runs could not be adopted."""
        attempt = expect(self.state, s.Adopting).attempt
        await self.report(AdoptionRefused(attempt, failure.problem, datetime.now(UTC)))

    async def _append(self, command: Command, because: str | None = None) -> None:
        async with self._appending:
            with _reachable():
                try:
                    self._loaded = await self._instances.execute(
                        self._loaded, command, self._causes.of(self._loaded, because), fence=self._fence
                    )
                except Refused as refusal:
                    raise Superseded(refusal.detail) from None
            match self.history[-1].event:
                case StepStarted(upgrade_id, attempt, step, self._worker, self._fence):
                    self._begun = upgrade_id, attempt, step
                case _:
                    pass

    def _redactor(self) -> Redactor:
        return self._redacting.redactor(self.state)


@contextlib.contextmanager
def _reachable() -> Generator[None]:
    try:
        yield
    except Exception as error:
        if is_outage(error):
            raise LogUnreachable(str(error)) from error
        raise
