"""Measures what the tree costs appends, with and without it in turn: `python -m bench.tree`."""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

import uvloop

from bench.audit import child, keep
from bench.row import CAUSE, event
from bench.server import HOME, environment, postgres
from store.database import Database
from store.ids import new_id
from store.log import Log
from store.migrate import migrate
from store.sequencer import Sequencer
from store.tree import Tree
from workers import shell
from workers.notary import PAUSE_SECONDS

CLIENTS = (8, 32)
READY = "ready"


async def follow(*, grow: bool) -> None:
    """Give positions for ever and, if asked, build the tree behind them in the same process, as the relay does."""
    async with Database(os.environ["ASTROLABE_BENCH_URL"], pool_size=2) as database, asyncio.TaskGroup() as group:
        group.create_task(Sequencer(database).run())
        print(READY, flush=True)
        tree = Tree(database)
        while grow:
            await tree.drain()
            await asyncio.sleep(PAUSE_SECONDS)


@asynccontextmanager
async def beside(url: str, part: str) -> AsyncGenerator[None]:
    """Let a process run beside the appends, from when it is ready."""
    with TemporaryDirectory() as logs:
        log = Path(logs) / "log"
        argv = [sys.executable, "-m", "bench.tree", "--part", part]
        process = shell.supervise(argv, env=environment(ASTROLABE_BENCH_URL=url), log=log, cwd=HOME)
        try:
            while READY not in (log.read_text("utf-8") if log.exists() else ""):  # noqa: ASYNC110  another process writes it
                await asyncio.sleep(0.05)
            yield
        finally:
            await process.stop()


async def append(url: str, clients: int, seconds: float) -> float:
    """Append for some seconds; gives appends a second."""

    async def one(log: Log, until: float) -> int:
        stream_id, version = new_id(), 0
        while time.perf_counter() < until:
            await log.append(stream_id, version, [event()], CAUSE)
            version += 1
        return version

    async with Database(url, pool_size=clients) as database:
        log = Log(database)
        await asyncio.gather(*(log.head(new_id()) for _ in range(clients)))
        started = time.perf_counter()
        counts = await asyncio.gather(*(one(log, started + seconds) for _ in range(clients)))
        took = time.perf_counter() - started
        await Sequencer(database).drain()
        return sum(counts) / took


async def cost(url: str, rounds: int, seconds: float) -> list[dict[str, Any]]:
    """Let appends with and without the tree take turns, and relate each pair of neighbours to itself."""
    samples: list[dict[str, Any]] = []
    for number in range(rounds):
        for clients in CLIENTS:
            speeds: dict[str, float] = {}
            for how in ("with", "without") if number % 2 else ("without", "with"):
                async with beside(url, "grow" if how == "with" else "sequence"):
                    speeds[how] = await append(url, clients, seconds)
                # What was left behind is no load of the next turn.
                await child("build", url=url)
            samples.append(
                {"round": number + 1, "clients": clients, **speeds, "ratio": speeds["with"] / speeds["without"]}
            )
            print(json.dumps(samples[-1]), flush=True)
    return samples


def report(samples: list[dict[str, Any]]) -> str:
    """Write what was found as Markdown."""
    lines = ["| clients | appends with the tree / without | middle half | with, a second |", "|---|---|---|---|"]
    for clients in CLIENTS:
        mine = [each for each in samples if each["clients"] == clients]
        ratios = [each["ratio"] for each in mine]
        low, _, high = quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
        speed = median(each["with"] for each in mine)
        lines.append(f"| {clients} | {median(ratios):.2f} | {low:.2f} to {high:.2f} | {speed:,.0f} |")
    return "\n".join(lines)


async def bench(rounds: int, seconds: float) -> list[dict[str, Any]]:
    """Measure on a server of the bench's own."""
    async with postgres() as server:
        url = await server.create_database("cost")
        await migrate(url)
        return await cost(url, rounds, seconds)


def main() -> None:
    """Measure, print a table and keep the numbers."""
    parser = argparse.ArgumentParser(prog="python -m bench.tree", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="how often appends are measured in pairs")
    parser.add_argument("--seconds", type=float, default=3, help="how long each time")
    parser.add_argument("--part", choices=("grow", "sequence"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if asked.part:
            runner.run(follow(grow=asked.part == "grow"))
            return
        samples = runner.run(bench(asked.rounds, asked.seconds))
    print(f"\n{report(samples)}\nkept in {keep('tree', {'samples': samples})}")


if __name__ == "__main__":
    main()
