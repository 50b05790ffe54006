"""The arithmetic of a measurement: medians, ratios within a round, and how far they spread."""

from collections.abc import Sequence
from statistics import median

from msgspec import Struct


class Sample(Struct, frozen=True):
    """What one contender reached in one round: so many a second at so many clients."""

    contender: str
    clients: int
    round: int
    per_second: float


class Figure(Struct, frozen=True):
    """A median, and the lowest and highest that it is the median of."""

    median: float
    lowest: float
    highest: float


class Line(Struct, frozen=True):
    """One contender at one number of clients: its speed, and its speed relative to the yardstick of the same round."""

    contender: str
    clients: int
    per_second: Figure
    ratio: Figure


def figure(values: Sequence[float]) -> Figure:
    """Sum values up."""
    return Figure(median(values), min(values), max(values))


def ratios(samples: Sequence[Sample], contender: str, yardstick: str, clients: int) -> list[float]:
    """Relate a contender to the yardstick, each round to itself, for rounds differ more than contenders within one."""
    by_round = {
        each.round: each.per_second for each in samples if (each.contender, each.clients) == (yardstick, clients)
    }
    return [
        each.per_second / by_round[each.round]
        for each in samples
        if (each.contender, each.clients) == (contender, clients) and each.round in by_round
    ]


def lines(samples: Sequence[Sample], yardstick: str) -> list[Line]:
    """Sum all rounds up, by number of clients and then in the order in which the contenders came."""
    kinds = dict.fromkeys((each.clients, each.contender) for each in samples)
    found: list[Line] = []
    for clients, contender in sorted(kinds, key=lambda kind: kind[0]):
        speeds = [each.per_second for each in samples if (each.contender, each.clients) == (contender, clients)]
        found.append(Line(contender, clients, figure(speeds), figure(ratios(samples, contender, yardstick, clients))))
    return found


def table(found: Sequence[Line], yardstick: str) -> str:
    """Write lines as a Markdown table."""
    head = f"| clients | contender | relative to {yardstick} | spread | a second |\n|---|---|---|---|---|\n"
    return head + "".join(f"| {' | '.join(_cells(line))} |\n" for line in found)


def _cells(line: Line) -> tuple[str, ...]:
    ratio = line.ratio
    spread = f"{ratio.lowest:.2f} to {ratio.highest:.2f}"
    return str(line.clients), line.contender, f"{ratio.median:.2f}", spread, f"{line.per_second.median:,.0f}"
