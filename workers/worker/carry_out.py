"""Carrying out: what is due on an instance, one action after another, while this worker holds its lease."""

import asyncio
import errno
import logging
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, TypeAlias

from astrolabe.domain.plans.rollback_point import Kept
from astrolabe.domain.upgrades.expected import step_due
from astrolabe.domain.upgrades.reconcile import ActionName, Discard, Due, Expiry
from astrolabe.domain.upgrades.states import Absent, Adopting
from astrolabe.domain.words import Step
from astrolabe.store.database import Database
from astrolabe.store.errors import StaleFence
from astrolabe.store.log.leases import Leases
from astrolabe.store.log.log import Log
from astrolabe.store.outputs import Outputs
from astrolabe.store.streams.instances import Instances
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.host import Host
from astrolabe.workers.programs.tools import ToolMissing
from astrolabe.workers.steps.adopt import adopt
from astrolabe.workers.steps.backup import backup
from astrolabe.workers.steps.lapse import lapse
from astrolabe.workers.steps.migrate import copy, follow, start, stop
from astrolabe.workers.steps.preflight import preflight
from astrolabe.workers.steps.pull import pull
from astrolabe.workers.steps.retention import discard
from astrolabe.workers.steps.rollback import assess, restore, revive
from astrolabe.workers.steps.verify import verify
from astrolabe.workers.steps.work import LogUnreachable, Superseded, Work
from astrolabe.workers.worker.lease import LeaseLost, beat, folder_lock, quietly

ActionRunner: TypeAlias = Callable[[Work], Awaitable[None]]

RUNNERS: dict[ActionName, ActionRunner] = {
    "adopt": adopt,
    "preflight": preflight,
    "backup": backup,
    "pull": pull,
    "stop": stop,
    "copy": copy,
    "start": start,
    "follow": follow,
    "verify": verify,
    "assess": assess,
    "restore": restore,
    "revive": revive,
}

POLL_SECONDS = 0.5
"""How often a worker looks whether the log went another way meanwhile (a cancel)."""

LOCK_SECONDS = 5.0

LOG = logging.getLogger("astrolabe.worker")


class NotNow(Exception):  # noqa: N818  an excuse, not a fault
    """What is due can wait, and must: nothing depends on it."""


class CarryOut:
    """One worker's way of carrying out what is due."""

    def __init__(self, database: Database, host: Host, worker: str, *, lease_seconds: float) -> None:
        self._log: Log = Log(database)
        self._instances: Instances = Instances(self._log)
        self._outputs: Outputs = Outputs(database)
        self._leases: Leases = Leases(database, lease_seconds)
        self._host: Host = host
        self._worker: str = worker

    async def __call__(self, instance_id: str) -> None:
        """Do all that is due on an instance; returns at once where another worker is at it."""
        fence = await self._leases.acquire(instance_id, self._worker)
        if fence is None:
            return
        try:
            async with folder_lock(self._host.instance_folder(instance_id), LOCK_SECONDS) as mine:
                if mine:
                    await self._while_held(instance_id, fence)
        finally:
            await quietly(self._leases.release(instance_id, fence))

    async def _while_held(self, instance_id: str, fence: int) -> None:
        loaded = await self._instances.load(instance_id)
        work = Work(self._instances, self._outputs, loaded, host=self._host, worker=self._worker, fence=fence)
        if isinstance(work.state, Absent) or work.state.instance.config.host != self._host.name:
            return
        try:
            await first(beat(self._leases, instance_id, fence), self._all_due(work))
        except (LeaseLost, StaleFence, LogUnreachable, NotNow) as lost:
            LOG.warning("%s: %s: %s", instance_id, type(lost).__name__, lost)

    async def _all_due(self, work: Work) -> None:
        while due := work.due():
            try:
                await first(self._another_way(work, due), self._run(work, due))
            except Superseded as superseded:
                LOG.info("%s: %s", work.loaded.instance_id, superseded)
                await work.refresh()

    async def _another_way(self, work: Work, due: Due) -> None:
        """Raise Superseded when something else is due than what is being done."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            head = await quietly(self._log.head(work.loaded.instance_id))
            if head not in (None, work.loaded.version):
                before = work.loaded.version
                await work.refresh()
                if work.loaded.version != before and work.due() != due:
                    raise Superseded("the log went another way")

    async def _run(self, work: Work, due: Due) -> None:
        if isinstance(due, Discard):
            await self._discard(work, due.kept)
            return
        if isinstance(due, Expiry):
            await lapse(work, due)
            return
        fail = work.fail_adoption if isinstance(work.state, Adopting) else partial(work.fail, _step(work))
        try:
            await RUNNERS[due.name](work)
        except StepFailed as failure:
            await fail(failure)
        except ToolMissing as missing:
            await fail(StepFailed("tool-missing", str(missing)))
        except (Superseded, StaleFence, LogUnreachable):
            raise
        except Exception as error:
            LOG.exception("unexpected in %s of %s", due.name, work.loaded.instance_id)
            await fail(_unexpected(error))

    async def _discard(self, work: Work, kept: Kept) -> None:
        """Discard what was kept aside; where that cannot be done now, later: it stands in nobody's way."""
        try:
            await discard(work, kept)
        except (StepFailed, OSError) as error:
            raise NotNow(f"{kept.what} {kept.name} is still kept: {error}") from error


def _unexpected(error: Exception) -> StepFailed:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return StepFailed("no-space", f"The disk is full: {error}", todo="Free some space, then retry.")
    detail = f"Unexpected: {type(error).__name__}: {error}"
    return StepFailed("unexpected", detail, todo="Read the worker's log, then retry.")


def _step(work: Work) -> Step:
    return step_due(work.busy)


async def first(watch: Coroutine[Any, Any, None], task: Coroutine[Any, Any, None]) -> None:
    """Run a task until it ends or the watch over it raises; neither outlives the other."""
    watching, doing = asyncio.create_task(watch), asyncio.create_task(task)
    try:
        await asyncio.wait((watching, doing), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in (doing, watching):
            each.cancel()
        ended = await asyncio.gather(doing, watching, return_exceptions=True)
    for end in ended:
        if isinstance(end, BaseException) and not isinstance(end, asyncio.CancelledError):
            raise end
