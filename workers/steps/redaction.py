"""Redaction: what was seen or said, before an event holds it."""

from collections.abc import Callable
from operator import is_
from typing import Any, TypeVar, cast

from msgspec import Struct
from msgspec.structs import replace

from astrolabe.domain.bounds import fit
from astrolabe.domain.plans.hand_command import HandCommand
from astrolabe.domain.plans.plan import Check
from astrolabe.domain.problem import Problem
from astrolabe.domain.upgrades.events import InstanceAdopted, StepProgressed
from astrolabe.domain.upgrades.states import Absent, State
from astrolabe.workers.instance.failure import LINE, TEXT
from astrolabe.workers.instance.host import Host
from astrolabe.workers.programs.output import Redactor

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
    changed: dict[str, Any] = {}
    for name in struct.__struct_fields__:
        value = getattr(struct, name)
        if (clean := _cleaned(value, free.get(name), redact)) is not value:
            changed[name] = clean
    return replace(struct, **changed) if changed else struct


def _cleaned(value: Any, most: int | None, redact: Callable[[str], str]) -> Any:
    """Return a value without secrets where it is free text, itself where nothing of it changes."""
    match value:
        case str():
            return value if most is None else fit(redact(value), most)
        case tuple():
            each = cast("tuple[Any, ...]", value)
            clean = tuple(_cleaned(part, most, redact) for part in each)
            return value if all(map(is_, clean, each)) else clean
        case Struct():
            return redacted(value, redact)
        case _:
            return value


class InstanceRedaction:
    """The redactor of one instance's secrets on its host, whatever becomes of them."""

    def __init__(self, host: Host, instance_id: str) -> None:
        self._host: Host = host
        self._instance_id: str = instance_id
        self._made: tuple[tuple[str, ...], Redactor] = (), Redactor()

    def redactor(self, state: State) -> Redactor:
        """Return the redactor of an instance in a state.

        Secrets are read anew each time: one that was changed while the instance was worked on is none the less one.
        """
        if isinstance(state, Absent):
            return Redactor()
        secrets = self._host.secrets_of(self._instance_id, state.instance.config)
        if secrets != self._made[0]:
            self._made = secrets, Redactor(secrets)
        return self._made[1]
