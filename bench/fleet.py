"""Measures the fleet page of 1,000 instances with 100,000 upgrades beside that of 10: `python -m bench.fleet`."""

import argparse
import asyncio
from collections.abc import Sequence
from statistics import median
from typing import Any

import msgspec
import uvloop
from msgspec import Struct

from bench.browsing import ENDLESS, asked_for, browsing, longest_task, looking
from bench.first_bytes import Caller, first_byte
from bench.fleets import Fleet, fleet
from bench.page import PAGE, between
from bench.results import keep
from bench.server import postgres

FEW = 10
"""How many instances the small fleet has."""


class FirstByte(Struct, frozen=True):
    """The median time until the first byte of a path in one round, in milliseconds, of each fleet."""

    path: str
    round: int
    small: float
    large: float


class LongestTask(Struct, frozen=True):
    """The longest task of one walk through each fleet, in milliseconds; 0 where none took 50."""

    round: int
    small: float
    large: float


async def first_bytes(small: Fleet, large: Fleet, path: str, nth: int, times: int) -> FirstByte:
    """Ask both by turns, the one and then the other."""
    took: dict[int, list[float]] = {small.instances: [], large.instances: []}
    async with Caller.connected(small.port, small.secret) as one, Caller.connected(large.port, large.secret) as other:
        for turn in range(times):
            both = ((small, one), (large, other))
            for whose, caller in both if turn % 2 else reversed(both):
                took[whose.instances].append(
                    await first_byte(whose.port, whose.secret, path, "text/event-stream")
                    if path == ENDLESS
                    else await caller.seconds(path)
                )
    return FirstByte(path, nth, *(median(took[each.instances]) * 1000 for each in (small, large)))


async def measure(many: int, upgrades: int, rounds: int, times: int) -> tuple[list[FirstByte], list[LongestTask]]:
    """Fill both fleets on one server, and look at them by turns."""
    bytes_: list[FirstByte] = []
    tasks: list[LongestTask] = []
    async with (
        postgres() as server,
        fleet(server, FEW, upgrades) as small,
        fleet(server, many, upgrades) as large,
    ):
        print("both fleets are there", flush=True)
        async with browsing() as browser:
            async with looking(browser, large) as page:
                paths = await asked_for(page)
            for nth in range(1, rounds + 1):
                found: dict[int, float] = {}
                for each in (small, large):
                    async with looking(browser, each) as page:
                        found[each.instances] = await longest_task(page, each)
                tasks.append(LongestTask(nth, found[small.instances], found[large.instances]))
        for nth in range(1, rounds + 1):
            bytes_ += [await first_bytes(small, large, path, nth, times) for path in paths]
    return bytes_, tasks


def table(bytes_: Sequence[FirstByte], tasks: Sequence[LongestTask]) -> str:
    """Write the ratios of first bytes, each round related to itself, and the longest task of all rounds."""
    rows = ["| what | large beside small |", "|---|---|"]
    for path in dict.fromkeys(each.path for each in bytes_):
        ratios = [each.large / each.small for each in bytes_ if each.path == path]
        rows.append(f"| first byte of `{path}` | {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) |")
    small, large = max(each.small for each in tasks), max(each.large for each in tasks)
    rows.append(f"| longest task while all of it is scrolled through | {_task(large)}, beside {_task(small)} |")
    return "\n".join(rows) + "\n"


def _task(milliseconds: float) -> str:
    return f"{milliseconds:.0f} ms" if milliseconds else "below 50 ms"


def main() -> None:
    """Measure, print the table and keep the numbers."""
    parser = argparse.ArgumentParser(prog="python -m bench.fleet", description=__doc__)
    parser.add_argument("--instances", type=int, default=1000, help="how many the large fleet has")
    parser.add_argument("--upgrades", type=int, default=100, help="how many each instance has behind it")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--times", type=int, default=40, help="how often each path is asked for in a round")
    parser.add_argument("--page", action="store_true", help="write the table into docs/performance.md")
    asked = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        bytes_, tasks = runner.run(measure(asked.instances, asked.upgrades, asked.rounds, asked.times))
    told = table(bytes_, tasks)
    found: dict[str, Any] = {
        "instances": asked.instances,
        "upgrades": asked.upgrades,
        "first bytes": bytes_,
        "longest tasks": tasks,
    }
    print(f"{told}\nkept in {keep('fleet', msgspec.to_builtins(found))}")
    if asked.page:
        PAGE.write_text(between(PAGE.read_text("utf-8"), "fleet", told), "utf-8")


if __name__ == "__main__":
    main()
