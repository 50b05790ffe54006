"""Measures `astrolabe up` at rest, with instances that are observed and without: `python -m bench.rest [--page]`."""

import argparse
import asyncio
from collections.abc import Sequence
from statistics import median

import msgspec
from msgspec import Struct

from bench.household import Household
from bench.page import PAGE, between
from bench.results import keep
from bench.usage import share, usage

SETTLED_SECONDS = 75.0
"""How long a household is let alone first: until its worker, who looks once a minute, has seen every instance."""

UPGRADES = 15
PAUSE_SECONDS = 3.0
"""How long the house is left idle between two upgrades."""

PROCESSES = ("up", "fork-server", "api", "relay", "worker", "postgres", "valkey")


class Rest(Struct, frozen=True):
    """A household at rest: shares of one core and MB, by what its processes are, and times from POST to first step."""

    instances: int
    seconds: float
    shares: dict[str, float]
    megabytes: dict[str, float]
    first_steps: list[float]


async def measure(instances: int, seconds: float, settled: float, upgrades: int) -> Rest:
    """Let a household rest, and then ask it for something now and then."""
    async with Household.running(instances) as household:
        await asyncio.sleep(settled)
        before = usage(household.pid)
        await asyncio.sleep(seconds)
        after = usage(household.pid)
        steps: list[float] = []
        for _ in range(upgrades if instances else 0):
            await asyncio.sleep(PAUSE_SECONDS)
            steps.append(await household.until_first_step())
    return Rest(instances, seconds, share(before, after, seconds), after.megabytes, steps)


def table(rests: Sequence[Rest]) -> str:
    """Write what was measured as a Markdown table, a column for each number of instances."""
    heads = [f"{each.instances} instances" if each.instances else "no instance" for each in rests]
    rows = [("at rest", *heads), ("---",) * (len(rests) + 1)]
    rows += [
        (f"{kind}: share of one core", *(f"{each.shares.get(kind, 0.0):.2%}" for each in rests))
        for kind in ("all", *PROCESSES)
    ]
    rows.append(("all: PSS", *(f"{sum(each.megabytes.values()):.0f} MB" for each in rests)))
    rows += [(f"{kind}: PSS", *(f"{each.megabytes.get(kind, 0.0):.0f} MB" for each in rests)) for kind in PROCESSES]
    rows.append(("POST to the first step begun, median", *map(_first, rests)))
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _first(rest: Rest) -> str:
    return f"{median(rest.first_steps) * 1000:.1f} ms" if rest.first_steps else ""


def main() -> None:
    """Measure, print the table and keep the numbers."""
    parser = argparse.ArgumentParser(prog="python -m bench.rest", description=__doc__)
    parser.add_argument("--instances", type=int, action="append", help="how many are observed (0, and then 100)")
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--settled", type=float, default=SETTLED_SECONDS, help="seconds of rest before that")
    parser.add_argument("--upgrades", type=int, default=UPGRADES, help="how often a first step is waited for")
    parser.add_argument("--page", action="store_true", help="write the table into docs/performance.md")
    asked = parser.parse_args()
    wanted: Sequence[int] = asked.instances or (0, 100)
    rests = [asyncio.run(measure(each, asked.seconds, asked.settled, asked.upgrades)) for each in wanted]
    told = table(rests)
    print(f"{told}\nkept in {keep('rest', {'rests': msgspec.to_builtins(rests)})}")
    if asked.page:
        PAGE.write_text(between(PAGE.read_text("utf-8"), "rest", told), "utf-8")


if __name__ == "__main__":
    main()
