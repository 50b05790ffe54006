"""Slowness: a worker that loses its lease within a step backs off, and gives up where nothing is touched yet."""

import asyncio
from collections.abc import Sequence

from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.words import Step
from astrolabe.store.streams.instances import InstanceRecorded
from astrolabe.workers.backoff import pauses
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.steps.recorder import Recorder

MOST = 6
"""How often one worker begins the same step before it gives up, where nothing is touched yet."""

SHORTEST_SECONDS, LONGEST_SECONDS = 1.0, 60.0
LONGEST_DOWN_SECONDS = 5.0
"""The longest pause while nobody is served."""


async def back_off(recorder: Recorder, step: Step) -> None:
    """Wait before a step that this worker began before and did not end, longer each time.

    Whoever was killed is another worker when it comes back: one that begins again under its own name was too slow for
    its lease, or the log was away. Raises StepFailed where that goes on and the upgrade can still fail for free.
    """
    times = begun(recorder.history, recorder.worker, step)
    if times == 0:
        return
    free = isinstance(recorder.busy, s.Begun)
    if free and times >= MOST:
        raise StepFailed(
            "too-slow",
            f"Worker {recorder.worker} began the step {step} {times} times, and never held its lease to the end of it.",
            todo="Give the host more time, or the lease (ASTROLABE_LEASE_SECONDS), then retry.",
        )
    waits = pauses(SHORTEST_SECONDS, LONGEST_SECONDS if free else LONGEST_DOWN_SECONDS)
    wait = [next(waits) for _ in range(times)][-1]
    note = f"it lost its lease, or the log was away: begins again in {wait:g} s"
    bound = MOST if free else None
    await recorder.note(step, note, times, bound)
    await asyncio.sleep(wait)


def begun(history: Sequence[InstanceRecorded], worker: str, step: Step) -> int:
    """Count how often a worker has begun a step since anything else was recorded but how far it is."""
    times = 0
    for recorded in reversed(history):
        match recorded.event:
            case e.StepStarted(step=of, worker=by):
                times += (of, by) == (step, worker)
            case e.StepProgressed():
                pass
            case _:
                break
    return times
