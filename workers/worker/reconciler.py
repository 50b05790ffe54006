"""The reconcile loop: on one instance under a lease, whatever is due is done until nothing is."""

import asyncio
import logging
from datetime import UTC, datetime
from functools import partial

from astrolabe.domain.upgrades.expected import step_due
from astrolabe.domain.upgrades.reconcile import Action, Discard, Due, Expiry, due
from astrolabe.domain.upgrades.retention import holds_kept
from astrolabe.domain.upgrades.states import Adopting, Restored, RollingBack
from astrolabe.domain.words import Step
from astrolabe.store.errors import StaleFence
from astrolabe.store.log.log import Log
from astrolabe.store.streams.holds import HoldsInForce
from astrolabe.workers.instance.failure import StepFailed, unexpected
from astrolabe.workers.instance.host import Host
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.driver import Driver
from astrolabe.workers.kinds.registry import driver_of
from astrolabe.workers.programs.tools import ToolMissing
from astrolabe.workers.steps.context import StepContext, site_of
from astrolabe.workers.steps.expiry import record_expiry
from astrolabe.workers.steps.leaving import leave_to_person
from astrolabe.workers.steps.recorder import LogUnreachable, Recorder, Superseded
from astrolabe.workers.steps.registry import STEP_FUNCTIONS
from astrolabe.workers.steps.retention import discard
from astrolabe.workers.steps.together import first
from astrolabe.workers.worker.lease import quietly
from astrolabe.workers.worker.pacing import Pacing
from astrolabe.workers.worker.slowness import back_off

POLL_SECONDS = 0.5
"""How often a worker looks whether the log went another way meanwhile (a cancel)."""

LOG = logging.getLogger("astrolabe.worker")


class NotNow(Exception):  # noqa: N818  an excuse, not a fault
    """What is due can wait, and must: nothing depends on it."""


class Reconciler:
    """Brings one instance to where nothing is due."""

    def __init__(self, log: Log, host: Host, recorder: Recorder) -> None:
        self._log: Log = log
        self._host: Host = host
        self._recorder: Recorder = recorder
        self._holds: HoldsInForce = HoldsInForce(log)
        self._driving: tuple[Site, Driver] | None = None
        self._pacing: Pacing = Pacing(recorder.instance_id)

    async def run(self) -> None:
        """Do what is due, one thing after another; what the log turned away from is dropped."""
        while True:
            try:
                return await first(self._another_way(), self._do_all())
            except Superseded as superseded:
                LOG.info("%s: %s", self._recorder.instance_id, superseded)
                await self._recorder.refresh()

    async def _do_all(self) -> None:
        while now_due := await self._due():
            await self._do(now_due)

    async def _due(self) -> Due | None:
        now = datetime.now(UTC)
        found = due(self._recorder.state, now)
        if not isinstance(found, Discard):
            return found
        # Whatever is held is passed over, and what is not is asked for again before each discard.
        holds = await self._holds.current()
        return due(self._recorder.state, now, partial(holds_kept, holds, self._recorder.instance_id))

    async def _another_way(self) -> None:
        """Raise Superseded when something else is due because of others; what is done may itself bring about the next.

        What a worker is just recording, the log has before it knows.
        """
        recorder = self._recorder
        while True:
            await asyncio.sleep(POLL_SECONDS)
            head = await quietly(self._log.head(recorder.instance_id))
            if head not in (None, recorder.version):
                before, now = await recorder.refresh(), datetime.now(UTC)
                if before and due(before, now) != due(recorder.state, now):
                    raise Superseded("the log went another way")

    async def _do(self, doing: Due) -> None:
        await self._pacing.before(doing)
        match doing:
            case Expiry():
                await record_expiry(self._recorder, doing)
            case Discard(kept):
                try:
                    await discard(self._context(), kept)
                except (StepFailed, ToolMissing, OSError) as error:
                    # Later, then: what is kept aside stands in nobody's way.
                    raise NotNow(f"{kept.what} {kept.name} is still kept: {error}") from error
            case Action():
                await self._act(doing)

    async def _act(self, action: Action) -> None:
        recorder = self._recorder
        step = None if isinstance(recorder.state, Adopting) else step_due(recorder.busy)
        fail = partial(self._fail, step) if step else recorder.fail_adoption
        try:
            if step:
                if not recorder.has_begun(step):
                    await back_off(recorder, step)
                await recorder.begin(step)
            await STEP_FUNCTIONS[action.name](self._context())
        except StepFailed as failure:
            await fail(failure)
        except ToolMissing as missing:
            await fail(StepFailed("tool-missing", str(missing)))
        except (Superseded, StaleFence, LogUnreachable):
            raise
        except Exception as error:
            LOG.exception("unexpected in %s of %s", action.name, recorder.instance_id)
            await fail(unexpected(error))

    async def _fail(self, step: Step, failure: StepFailed) -> None:
        way_back = isinstance(self._recorder.state, RollingBack | Restored)
        commands = await leave_to_person(self._recorder.busy.run, self._context) if way_back else ()
        await self._recorder.fail(step, failure, commands)

    def _context(self) -> StepContext:
        recorder = self._recorder
        site = site_of(self._host, recorder.instance_id, recorder.state)
        if self._driving is None or self._driving[0] != site:
            # Kept as long as the site stays the same: a driver may remember from step to step.
            self._driving = site, driver_of(site)
        return StepContext(recorder.state, site, self._driving[1], recorder)
