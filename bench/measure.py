"""What an upgrade and its way back took, the document's way and ours, and how the two are related."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median

from msgspec import Struct, to_builtins

from bench.results import keep

SCRIPT, OURS = "script", "astrolabe"


class Measure(Struct, frozen=True):
    """What one upgrade and one way back took, in seconds."""

    way: str
    state: str
    round: int
    upgrade: float
    upgrade_downtime: float
    rollback: float
    rollback_downtime: float


def told(measure: Measure) -> str:
    """Write one measure as a line."""
    took = (measure.upgrade, measure.upgrade_downtime, measure.rollback, measure.rollback_downtime)
    return f"round {measure.round}, {measure.state:<7} {measure.way:<9} " + " ".join(f"{each:6.1f} s" for each in took)


def table(measures: Sequence[Measure]) -> str:
    """Relate Astrolabe to the script, each round to itself, as a Markdown table."""
    head = "| host | what | script, s | Astrolabe, s | Astrolabe / script | spread |\n|---|---|---|---|---|---|\n"
    return head + "".join(
        _row(measures, state, what)
        for state in dict.fromkeys(each.state for each in measures)
        for what in ("upgrade", "upgrade_downtime", "rollback", "rollback_downtime")
    )


def _row(measures: Sequence[Measure], state: str, what: str) -> str:
    script, ours = (
        {each.round: getattr(each, what) for each in measures if (each.way, each.state) == (way, state)}
        for way in (SCRIPT, OURS)
    )
    ratios = [ours[number] / script[number] for number in script]
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
    cells = (f"{median(script.values()):.1f}", f"{median(ours.values()):.1f}", f"{median(ratios):.2f}", spread)
    return f"| {state} | {what.replace('_', ', ')} | {' | '.join(cells)} |\n"


def kept(measures: Sequence[Measure], rows: int) -> Path:
    """Write everything that was measured; return the file."""
    return keep("upgrades", {"rows": rows, "measures": to_builtins(measures)})
