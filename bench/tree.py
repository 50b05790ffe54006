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

import psutil
import uvloop

from astrolabe.store.audit.tree import Tree
from astrolabe.store.database import Database
from astrolabe.store.ids import new_id
from astrolabe.store.log.log import Log
from astrolabe.store.log.sequencer import Sequencer
from astrolabe.store.migrate import migrate
from astrolabe.workers.programs import shell
from astrolabe.workers.relay.notary import PAUSE_SECONDS
from bench.audit import child, keep
from bench.row import CAUSE, event
from bench.server import HOME, environment, postgres

CLIENTS = (8, 32)
READY = "ready"


async def follow(*, grow: bool) -> None:
    """Place events for ever and, if asked, build the tree behind them in the same process, as the relay does."""
    async with Database(os.environ["ASTROLABE_BENCH_URL"], pool_size=2) as database, asyncio.TaskGroup() as group:
        group.create_task(Sequencer(database).run())
        print(READY, flush=True)
        tree = Tree(database)
        while grow:
            await tree.drain()
            await asyncio.sleep(PAUSE_SECONDS)


@asynccontextmanager
async def beside(url: str, part: str) -> AsyncGenerator[int]:
    """Let a process run beside the appends, from when it is ready; return its number."""
    with TemporaryDirectory() as logs:
        log = Path(logs) / "log"
        argv = [sys.executable, "-m", "bench.tree", "--part", part]
        process = shell.supervise(argv, env=environment(ASTROLABE_BENCH_URL=url), log=log, cwd=HOME)
        try:
            while READY not in (log.read_text("utf-8") if log.exists() else ""):  # noqa: ASYNC110  another process writes it
                await asyncio.sleep(0.05)
            yield process.pid
        finally:
            await process.stop()


async def burnt(database: Database, follower: int) -> float:
    """Return the processor time of all who take part so far: this process, the one beside it, and the server."""
    backend = psutil.Process(await database.pool.fetchval("SELECT pg_backend_pid()"))
    server = backend.parent() or backend
    everybody = [psutil.Process(), psutil.Process(follower), server, *server.children()]
    return sum(each.cpu_times().user + each.cpu_times().system for each in everybody)


async def settled(database: Database, *, grow: bool) -> None:
    """Return when everything appended has its position and, if asked, is in the tree."""
    log, tree = Log(database), Tree(database)
    while await log.unsequenced() or (grow and await tree.size() <= await log.last_position()):  # noqa: ASYNC110  another process does it
        await asyncio.sleep(0.05)


async def append(url: str, clients: int, seconds: float, *, grow: bool) -> tuple[float, float]:
    """Append for some seconds beside who follows; return appends a second, and microseconds of processor an append."""

    async def one(log: Log, until: float) -> int:
        stream_id, version = new_id(), 0
        while time.perf_counter() < until:
            await log.append(stream_id, version, [event()], CAUSE)
            version += 1
        return version

    part = "grow" if grow else "sequence"
    async with Database(url, pool_size=clients) as database, beside(url, part) as follower:
        log = Log(database)
        await asyncio.gather(*(log.head(new_id()) for _ in range(clients)))
        busy, started = await burnt(database, follower), time.perf_counter()
        counts = await asyncio.gather(*(one(log, started + seconds) for _ in range(clients)))
        took = time.perf_counter() - started
        # Both rest as long as the tree may need to catch up, so that resting costs both the same.
        await asyncio.sleep(2 * PAUSE_SECONDS)
        await settled(database, grow=grow)
        return sum(counts) / took, (await burnt(database, follower) - busy) * 1e6 / sum(counts)


async def cost(url: str, rounds: int, seconds: float) -> list[dict[str, Any]]:
    """Let appends with and without the tree take turns, and relate each pair of neighbours to itself."""
    samples: list[dict[str, Any]] = []
    for number in range(rounds):
        for clients in CLIENTS:
            found: dict[str, float] = {}
            for how in ("with", "without") if number % 2 else ("without", "with"):
                found[how], found[f"cpu_{how}"] = await append(url, clients, seconds, grow=how == "with")
                # What was left behind is no load of the next turn.
                await child("build", url=url)
            ratios = {
                "ratio": found["with"] / found["without"],
                "cpu_ratio": found["cpu_with"] / found["cpu_without"],
            }
            samples.append({"round": number + 1, "clients": clients, **found, **ratios})
            print(json.dumps(samples[-1]), flush=True)
    return samples


def report(samples: list[dict[str, Any]]) -> str:
    """Write what was found as Markdown."""
    lines = [
        "| clients | appends a second, with / without | processor time an append, with / without | with, a second |",
        "|---|---|---|---|",
    ]
    for clients in CLIENTS:
        mine = [each for each in samples if each["clients"] == clients]
        speed = median(each["with"] for each in mine)
        lines.append(f"| {clients} | {_spread(mine, 'ratio')} | {_spread(mine, 'cpu_ratio')} | {speed:,.0f} |")
    return "\n".join(lines)


def _spread(samples: list[dict[str, Any]], what: str) -> str:
    values = [each[what] for each in samples]
    low, _, high = quantiles(values, n=4) if len(values) > 1 else values * 3
    return f"{median(values):.2f} ({low:.2f} to {high:.2f})"


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
