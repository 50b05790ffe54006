"""Progress: how far the step under way is, as the log says it and as it was shown beside the log since."""

from datetime import datetime

from msgspec import Struct

from astrolabe.domain.words import Step
from astrolabe.store.progress import Tick


class Progress(Struct, frozen=True):
    """How far the step under way is."""

    step: Step
    """The step under way."""
    message: str
    """What it does, in words."""
    at: datetime
    """When it was so far."""
    done: int | None = None
    """How much is done, in `unit`; null where nothing is counted."""
    total: int | None = None
    """How much there is to do, in `unit`; null where nobody knows."""
    unit: str | None = None
    """What is counted: `bytes`, `migrations`, `packages`; null where nothing is, or only the message says it."""


def progress_of(tick: Tick) -> Progress:
    """Show what stands beside the log."""
    amount = tick.amount
    if amount is None:
        return Progress(tick.step, tick.message, tick.at)
    return Progress(tick.step, tick.message, tick.at, amount.done, amount.total, amount.unit)


def newer(recorded: Progress | None, attempt: int, tick: Tick | None) -> Progress | None:
    """Return the later of what the log says and what stands beside it, where that is of the same step."""
    if recorded is None or tick is None or (tick.attempt, tick.step) != (attempt, recorded.step):
        return recorded
    return progress_of(tick) if tick.at > recorded.at else recorded
