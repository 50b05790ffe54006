"""The table: which fault befell how many runs in which part of an upgrade, and how many of them broke a promise."""

from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import Final

from tests.chaos.faults import FAULTS
from tests.chaos.moment import AFTER, ALWAYS, PHASES
from tests.chaos.runner import Ended

COLUMNS: Final = (*PHASES, AFTER, ALWAYS)


def table(runs: Sequence[Ended]) -> str:
    """Write the table: `7` is seven runs, `7 !2` seven of which two broke a promise."""
    struck, broken = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for run in runs:
        places = {(blow.fault, blow.moment.phase) for blow in run.struck}
        struck.update(places)
        broken.update(places if run.violations else ())
    width = max(map(len, FAULTS))
    lines = ["  ".join([" " * width, *COLUMNS])]
    for fault in FAULTS:
        cells = [_cell(struck[fault, phase], broken[fault, phase]).rjust(len(phase)) for phase in COLUMNS]
        lines.append("  ".join([fault.ljust(width), *cells]))
    return "\n".join([*lines, "", *_sums(runs)])


def _cell(struck: int, broken: int) -> str:
    return f"{struck} !{broken}" if broken else str(struck or ".")


def _sums(runs: Sequence[Ended]) -> list[str]:
    broken = [run for run in runs if run.violations]
    rules = Counter(rule for run in runs for rule in {each.rule for each in run.violations})
    takeovers = [each for run in runs for each in run.takeovers]
    lines = [
        f"{len(runs)} runs, {len(broken)} broke a promise, {median(run.seconds for run in runs):.1f} s at the median"
    ]
    if takeovers:
        middle, most = median(takeovers), max(takeovers)
        lines.append(
            f"{len(takeovers)} takeovers after a worker's death: {middle:.1f} s at the median, {most:.1f} s at most"
        )
    lines += [f"{times} x {rule}" for rule, times in rules.most_common()]
    if broken:
        lines.append("seeds: " + " ".join(str(run.scenario.seed) for run in broken))
    return lines
