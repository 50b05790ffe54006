"""A step that cannot be done, told as the log will keep it."""

from collections.abc import Iterable

from domain.problem import Problem

LINE = 500
LINES = 20


class StepFailed(Exception):  # noqa: N818  it ends a step, not the worker
    """The effect did not happen or did not hold; nothing else is known to be broken."""

    def __init__(self, code: str, detail: str, *, seen: Iterable[str] = (), todo: str = "") -> None:
        super().__init__(detail)
        self.problem: Problem = Problem(code, detail[: 4 * LINE], tail(seen), todo[: 4 * LINE])


def tail(lines: Iterable[str]) -> tuple[str, ...]:
    """Keep the last lines of what was seen, each cut to a length that an event can bear."""
    kept = [line.rstrip()[:LINE] for line in lines if line.strip()]
    return tuple(kept[-LINES:])
