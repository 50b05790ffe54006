"""Redaction: what was seen or said, before an event holds it."""

from collections.abc import Callable
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from astrolabe.domain.bounds import fit
from astrolabe.domain.plans.hand_command import HandCommand
from astrolabe.domain.plans.plan import Check
from astrolabe.domain.problem import Problem
from astrolabe.domain.upgrades.events import InstanceAdopted, StepProgressed
from astrolabe.workers.instance.failure import LINE, TEXT

T = TypeVar("T", bound=Struct)

FREE_TEXTS: dict[type[Struct], dict[str, int]] = {
    Problem: {"detail": TEXT, "seen": LINE, "todo": TEXT},
    Check: {"seen": LINE},
    StepProgressed: {"message": TEXT},
    InstanceAdopted: {"seen": LINE},
    HandCommand: {"does": TEXT, "line": TEXT},
}
"""The texts of an event that hold what others said, and how many bytes each may be; only there can a secret be."""


def redacted(struct: T, redact: Callable[[str], str]) -> T:
    """Return the same value with all that was seen or said redacted, and cut to what an event can bear.

    Names and ids stay as they are: the log must find a database again whose password is also its name.
    """
    free = FREE_TEXTS.get(type(struct), {})

    def clean(name: str, value: Any) -> Any:
        if isinstance(value, str) and name in free:
            return fit(redact(value), free[name])
        if isinstance(value, tuple):
            return tuple(clean(name, each) for each in value)
        return redacted(value, redact) if isinstance(value, Struct) else value

    return replace(struct, **{name: clean(name, getattr(struct, name)) for name in struct.__struct_fields__})
