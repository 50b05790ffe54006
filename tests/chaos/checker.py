"""The checker: judges the evidence of a run by the promises, with nothing else to go by."""

from collections.abc import Callable, Iterator
from typing import Final

from msgspec import Struct
from typing_extensions import override

from tests.chaos.evidence import Evidence
from tests.chaos.judging import effects, ends, history, writes


class Violation(Struct, frozen=True):
    """A promise that was not kept: its rule, and what was found."""

    rule: str
    found: str

    @override
    def __str__(self) -> str:
        """Write it on one line."""
        return f"{self.rule}: {self.found}"


Rule = Callable[[Evidence], Iterator[str]]

RULES: Final[dict[str, Rule]] = {
    "lost-write": writes.lost,
    "untold-loss": writes.untold,
    "doubled-write": writes.doubled,
    "doubled-effect": effects.doubled,
    "stray": effects.stray,
    "lost-event": history.lost,
    "doubled-event": history.doubled,
    "log-order": history.out_of_order,
    "audit": history.unverifiable,
    "list-differs": history.listed_otherwise,
    "nobody-at-it": ends.nobody_at_it,
    "end-state": ends.not_allowed,
    "not-serving": ends.not_serving,
    "fell-short": ends.fell_short,
    "note": ends.noted,
}
"""Every rule by its name; each tells what it finds to be broken."""


def violations(evidence: Evidence) -> list[Violation]:
    """Judge a run; nothing where every promise was kept."""
    return [Violation(name, found) for name, rule in RULES.items() for found in rule(evidence)]
