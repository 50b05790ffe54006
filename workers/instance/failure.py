"""A step that cannot be done, in the words that the log will keep."""

import errno
from collections.abc import Iterable

from astrolabe.domain.problem import Problem

LINE = 500
TEXT = 2000
LINES = 20


PASSING = frozenset({"database-unreachable", "sessions-remain", "engine-unreachable", "registry-unreachable"})
"""Codes of causes that pass without anybody mending anything."""


class StepFailed(Exception):  # noqa: N818  it ends a step, not the worker
    """The effect did not happen or did not hold; nothing else is known to be broken.

    Lines are cut only when the secrets in them are redacted: half a secret would not be found.
    """

    def __init__(self, code: str, detail: str, *, seen: Iterable[str] = (), todo: str = "", output: str = "") -> None:
        super().__init__(detail)
        self.output: str = output
        self.problem: Problem = Problem(code, detail, tail(seen), todo)


def unexpected(error: Exception) -> StepFailed:
    """Return what nobody foresaw as a step that cannot be done."""
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return StepFailed("no-space", f"The disk is full: {error}", todo="Free some space, then retry.")
    detail = f"Unexpected: {type(error).__name__}: {error}"
    return StepFailed("unexpected", detail, todo="Read the worker's log, then retry.")


def tail(lines: Iterable[str]) -> tuple[str, ...]:
    """Keep the last lines of what was seen."""
    return tuple([line.rstrip() for line in lines if line.strip()][-LINES:])
