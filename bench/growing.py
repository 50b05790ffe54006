"""Measures what grows with the log: `python -m bench.growing [--instances N]`, each with ten upgrades behind it."""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from statistics import median
from typing import Any

import psutil
import uvloop

from astrolabe.domain.upgrades.decider import INSTANCE_DECIDER
from astrolabe.store.database import Database
from astrolabe.store.ids import new_id
from astrolabe.store.log.log import Log
from astrolabe.store.log.sequencer import Sequencer
from astrolabe.store.migrate import migrate
from astrolabe.store.streams.instances import Instances
from astrolabe.store.views.projector import Projector
from astrolabe.store.views.queries import UpgradeFilter, Views
from astrolabe.workers.programs import shell
from bench.accepting import Accept
from bench.history import fill
from bench.resting import at_rest
from bench.results import keep
from bench.row import CAUSE, event
from bench.server import HOME, environment, postgres, valkey

SMALL = 100
CLIENTS = 8
MOST = 1500
"""Upgrades a second that are prepared for; each is asked for on an instance of its own."""

TIMES = 40
URL = "ASTROLABE_BENCH_URL"
QUIET = timedelta(seconds=3)


async def rebuild() -> None:
    """Fold all views anew, and print how fast, and in how much memory beside that at rest."""
    process = psutil.Process()
    async with Database(os.environ[URL], pool_size=2) as database:
        projector = Projector(database, Log(database))
        await projector.step()
        rest, started = process.memory_info().rss, time.perf_counter()
        peak, folding = rest, asyncio.create_task(projector.rebuild())
        while not folding.done():
            await asyncio.wait((folding,), timeout=0.05)
            peak = max(peak, process.memory_info().rss)
        took = time.perf_counter() - started
    print(json.dumps({"per_second": folding.result() / took, "rest_mb": rest / 2**20, "memory": peak / rest}))


async def milliseconds(question: Callable[[], Awaitable[object]]) -> float:
    """Return the median time of an answer."""
    took: list[float] = []
    for _ in range(TIMES):
        started = time.perf_counter()
        await question()
        took.append(time.perf_counter() - started)
    return median(took) * 1000


async def append(log: Log, seconds: float) -> float:
    """Append with some clients for some seconds; return appends a second."""
    until = time.perf_counter() + seconds

    async def one() -> int:
        stream_id, version = new_id(), 0
        while time.perf_counter() < until:
            await log.append(stream_id, version, [event()], CAUSE)
            version += 1
        return version

    return sum(await asyncio.gather(*(one() for _ in range(CLIENTS)))) / seconds


async def questions(database: Database, instance_id: str) -> dict[str, float]:
    """Ask what people ask, of an instance with a past like all others."""
    log, views = Log(database), Views(database)
    instances = Instances(log)

    async def rollback_point() -> None:
        INSTANCE_DECIDER.replay([each.event for each in (await instances.load(instance_id)).history][:-1])

    return {
        "list of upgrades": await milliseconds(views.upgrades),
        "upgrades of one instance": await milliseconds(lambda: views.upgrades(UpgradeFilter(instance_id))),
        "history": await milliseconds(lambda: log.read_stream(instance_id)),
        "rollback point": await milliseconds(rollback_point),
        "what is unattended": await milliseconds(lambda: views.unattended(QUIET)),
    }


async def bench(instances: int, rounds: int, seconds: float) -> dict[str, Any]:
    """Fill a small log and a large one on the same server, and ask both in turn."""
    found: dict[str, Any] = {"instances": {"small": SMALL, "large": instances}, "rounds": []}
    async with postgres() as server:
        urls, somebody = {}, {}
        for name, many in (("small", SMALL), ("large", instances)):
            urls[name] = await server.create_database(name)
            await migrate(urls[name])
            started = time.perf_counter()
            made = await fill(urls[name], many)
            print(f"{name}: {many:,} instances in {time.perf_counter() - started:,.0f} s", flush=True)
            somebody[name] = made[len(made) // 2]
            argv = [sys.executable, "-m", "bench.growing", "--rebuild"]
            done = await shell.run(argv, env=environment(**{URL: urls[name]}), cwd=HOME, deadline=7200)
            found[f"rebuild of the {name}"] = json.loads(done.stdout)
            print(f"{name}: rebuilt {done.stdout.strip()}", flush=True)
        async with valkey() as redis:
            found["MB at rest"] = await at_rest(urls["small"], redis)
        print(f"at rest: {found['MB at rest']}", flush=True)
        for number in range(rounds):
            told: dict[str, dict[str, float]] = {}
            for name in ("small", "large") if number % 2 else ("large", "small"):
                async with Database(urls[name]) as database:
                    told[name] = {"append": await append(Log(database), seconds)}
                    told[name] |= {"POST /upgrades": await Accept(urls[name], MOST).run(CLIENTS, seconds)}
                    told[name] |= await questions(database, somebody[name])
                    await Sequencer(database).drain()
            found["rounds"].append(told)
    found["ratios"] = {
        what: median(told["large"][what] / told["small"][what] for told in found["rounds"])
        for what in found["rounds"][0]["small"]
    }
    return found


def main() -> None:
    """Measure, print the ratios and keep the numbers."""
    parser = argparse.ArgumentParser(prog="python -m bench.growing", description=__doc__)
    parser.add_argument("--instances", type=int, default=100_000, help="how many instances the large log has")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rebuild", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if asked.rebuild:
            runner.run(rebuild())
            return
        found = runner.run(bench(asked.instances, asked.rounds, asked.seconds))
    print("\n| large against small | ratio |\n|---|---|")
    for what, ratio in found["ratios"].items():
        print(f"| {what} | {ratio:.2f} |")
    print(f"\nkept in {keep('growing', found)}")


if __name__ == "__main__":
    main()
