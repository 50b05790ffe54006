"""A place: what a step waits for before it begins something that takes long, and says so beside the log."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

from astrolabe.domain.words import Step
from astrolabe.workers.programs.places import HostPlaces, WorkPlaces
from astrolabe.workers.steps.context import StepContext


def place(context: StepContext, step: Step, places: WorkPlaces) -> AbstractAsyncContextManager[None]:
    """Hold one of a worker's places while something takes long; whoever waits for one shows that as its progress."""
    return places.one(partial(context.recorder.progress, step))


def in_a_place(
    function: Callable[[StepContext], Awaitable[None]], step: Step, of: Callable[[HostPlaces], WorkPlaces]
) -> Callable[[StepContext], Awaitable[None]]:
    """Carry a step out in a place from its beginning to its end."""

    async def waits(context: StepContext) -> None:
        async with place(context, step, of(context.site.host.places)):
            await function(context)

    return waits
