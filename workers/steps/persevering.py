"""Persevering: on the way back there is no other way, so what may pass is tried again for as long as the owner says."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.store.errors import StaleFence
from astrolabe.workers.backoff import pauses
from astrolabe.workers.instance.failure import PASSING, StepFailed, unexpected
from astrolabe.workers.programs.tools import ToolMissing
from astrolabe.workers.steps.context import StepContext
from astrolabe.workers.steps.recorder import LogUnreachable, Superseded
from astrolabe.workers.steps.retry import LONGEST_SECONDS
from astrolabe.workers.steps.taking_over import SERVES

ALARM_SECONDS = 30.0
"""How long it may last before somebody is notified."""

HOPELESS = frozenset({SERVES})
"""What a person alone can end, and nobody is served worse by waiting for."""


async def persevere(
    context: StepContext, step: Callable[[StepContext], Awaitable[None]], *, attempts: int, pause: float
) -> None:
    """Repeat a step of the way back until it succeeds; raises the last StepFailed.

    Whatever failed is tried so many times; what may pass until the instance's policy ends, counted in the log from the
    first failure, also where one worker takes over from another.
    """
    back = context.expect(s.RollingBack, s.Resuming, s.Restored).back
    since, alarmed = back.stalled_since, back.stalled_since is not None
    waits, spent = pauses(pause, LONGEST_SECONDS), 0
    for attempt in count(1):
        failure = await _failure(context, step)
        if failure is None:
            return
        now = datetime.now(UTC)
        since = since or now
        until = since + timedelta(seconds=context.site.config.retry_for_seconds)
        passes = failure.problem.code in PASSING and now < until
        spent += not passes
        if spent >= attempts:
            raise failure
        wait = next(waits)
        if passes and not alarmed and (now - since).total_seconds() + wait >= ALARM_SECONDS:
            alarmed = True
            await _alarm(context, failure, since, until)
        if not alarmed:
            await context.recorder.note("rollback", f"attempt {attempt}: {failure.problem.detail}")
        await asyncio.sleep(min(wait, max(pause, (until - now).total_seconds())) if passes else wait)


async def _failure(context: StepContext, step: Callable[[StepContext], Awaitable[None]]) -> StepFailed | None:
    try:
        await step(replace(context, state=context.recorder.state))
    except StepFailed as failure:
        if failure.problem.code in HOPELESS:
            raise
        return failure
    except (Superseded, StaleFence, LogUnreachable, ToolMissing):
        raise
    except Exception as error:  # noqa: BLE001  a bad moment that nobody foresaw must not end the way back
        return unexpected(error)
    return None


async def _alarm(context: StepContext, failure: StepFailed, since: datetime, until: datetime) -> None:
    problem = await context.recorder.problem_of(failure)
    upgrade_id = context.recorder.busy.run.upgrade_id
    await context.recorder.report(e.RollbackStalled(upgrade_id, problem, since, until))
