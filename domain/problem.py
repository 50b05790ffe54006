"""What went wrong in a step, as the log keeps it."""

from typing import Annotated

from msgspec import Meta, Struct

from astrolabe.domain.words import Sha256

Line = Annotated[str, Meta(max_length=2000)]


class Problem(Struct, frozen=True):
    """A failure: a stable code, one sentence, what was seen, and what to do."""

    code: str
    detail: Line
    seen: tuple[Line, ...] = ()
    todo: Line = ""
    output: Sha256 | None = None
    """The hash of all that was said, which is kept beside the log for a while."""


class Refused(Exception):  # noqa: N818  a refusal is an answer, not a fault
    """The command makes no sense in this state; nothing was recorded."""

    def __init__(self, code: str, detail: str, **facts: str) -> None:
        super().__init__(detail)
        self.code: str = code
        self.detail: str = detail
        self.facts: dict[str, str] = facts
