"""Fencing: a step during which nobody else may be at the instance, with a fence around it."""

from collections.abc import Awaitable, Callable
from functools import wraps

from astrolabe.domain.upgrades.expected import step_due
from astrolabe.domain.upgrades.states import Serving, Touched
from astrolabe.workers.instance.supervision.fence import Fence
from astrolabe.workers.steps.context import StepContext
from astrolabe.workers.steps.marks import mark_of
from astrolabe.workers.steps.together import first


def fenced(step: Callable[[StepContext], Awaitable[None]]) -> Callable[[StepContext], Awaitable[None]]:
    """Let a step of an instance that is stopped, or runs apart, be given up where somebody brings it back."""

    @wraps(step)
    async def within(context: StepContext) -> None:
        fence = _fence(context)
        if fence is None:
            await step(context)
            return
        await _look(context, fence)
        await first(fence.watch(lambda seen: _report(context, seen)), _run(step, context))

    return within


async def evict(context: StepContext) -> None:
    """End whoever came meanwhile, at the last moment before others are let in."""
    if fence := _fence(context):
        await _look(context, fence)


def _fence(context: StepContext) -> Fence | None:
    state = context.state
    if not isinstance(state, Touched | Serving):
        return None
    return context.driver.fence(state.instance.config.port, mark_of(state.run, ""))


async def _run(step: Callable[[StepContext], Awaitable[None]], context: StepContext) -> None:
    await step(context)


async def _look(context: StepContext, fence: Fence) -> None:
    for seen in await fence.look():
        await _report(context, seen)


async def _report(context: StepContext, seen: str) -> None:
    busy = context.recorder.busy
    await context.recorder.note(step_due(busy), seen)
