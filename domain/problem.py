"""What went wrong in a step, as the log keeps it."""

import re
from typing import Annotated, Final

from msgspec import Meta, Struct

from astrolabe.domain.words import Sha256

Line = Annotated[str, Meta(max_length=2000)]

_AFTERWARDS: Final = re.compile(r",? then (retry|adopt it again)\.$")


class Problem(Struct, frozen=True):
    """A failure: a stable code, one sentence, what was seen, and what to do."""

    code: str
    """What went wrong, in a word that is stable and that a program may match on."""
    detail: Line
    """What went wrong, in a sentence."""
    seen: tuple[Line, ...] = ()
    """What was seen of it, line by line; secrets are shown as [REDACTED]."""
    todo: Line = ""
    """What a person can do, in a sentence; empty where there is nothing to do."""
    output: Sha256 | None = None
    """The SHA-256 of all that was said, kept beside the log for a while: `GET /outputs/{sha256}`; null where nothing
    more was said."""


class Refused(Exception):  # noqa: N818  a refusal is an answer, not a fault
    """The command makes no sense in this state; nothing was recorded."""

    def __init__(self, code: str, detail: str, **facts: str) -> None:
        super().__init__(detail)
        self.code: str = code
        self.detail: str = detail
        self.facts: dict[str, str] = facts


def advised(detail: str, todo: str) -> str:
    """Say what went wrong, and what to do where that is known, as sentences of their own."""
    return f"{detail}{'' if detail.endswith(('.', '!', '?')) else '.'} {todo}" if todo else detail


def at_first(todo: str) -> str:
    """Return what to do first, without the command that is typed afterwards: that depends on what was under way."""
    return _AFTERWARDS.sub(".", todo)
