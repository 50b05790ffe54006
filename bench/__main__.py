"""Measures appends a second beside pgbench and `eventsourcing`: `python -m bench [--short]`."""

import argparse
import asyncio
import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import msgspec
import uvloop

from bench.astrolabe import Astrolabe
from bench.contender import YARDSTICK, Contender
from bench.eventsourcing import EventSourcing
from bench.figures import Line, Sample, lines, table
from bench.pgbench import Pgbench
from bench.row import payload
from bench.server import postgres
from cli.services.postgres import Postgres

CLIENTS = (1, 8, 32)
RESULTS = Path(__file__).parent / "results"


async def measure(contenders: Sequence[Contender], rounds: int, seconds: float) -> list[Sample]:
    """Let the contenders take turns within every round, so that a slow minute is slow for all of them."""
    samples: list[Sample] = []
    for number in range(1, rounds + 1):
        for clients in CLIENTS:
            # Whoever begins finds other caches than whoever follows: each begins in turn.
            turn = number % len(contenders)
            for contender in (*contenders[turn:], *contenders[:turn]):
                speed = await contender.run(clients, seconds)
                samples.append(Sample(contender.name, clients, number, speed))
                print(
                    f"round {number} of {rounds}, {clients:>2} clients, {contender.name:<13} {speed:>9,.0f} a second",
                    flush=True,
                )
    return samples


async def bench(rounds: int, seconds: float) -> list[Sample]:
    """Start the server, prepare all contenders and measure them."""
    with TemporaryDirectory() as folder:
        async with postgres() as server:
            return await measure(await prepared(server, Path(folder)), rounds, seconds)


async def prepared(server: Postgres, folder: Path) -> list[Contender]:
    """Prepare all contenders, and say what they will be measured on."""
    url = server.url()
    pgbench, saving = Pgbench(url, folder), EventSourcing(await server.create_database("eventsourcing"))
    await saving.prepare()
    superuser = await asyncpg.connect(url)
    try:
        await pgbench.prepare(superuser)
        fsync: str = await superuser.fetchval("SHOW fsync")
    finally:
        await superuser.close()
    print(f"one row is {len(payload())} bytes, fsync is {fsync}, {os.cpu_count()} cores, {platform.platform()}")
    return [pgbench, Astrolabe(url, folder), saving]


def keep(samples: Sequence[Sample], found: Sequence[Line]) -> Path:
    """Write everything that was measured as JSON."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"appends-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    told = {"python": platform.python_version(), "cores": os.cpu_count(), "row_bytes": len(payload())}
    told |= {"lines": msgspec.to_builtins(found), "samples": msgspec.to_builtins(samples)}
    path.write_text(json.dumps(told, indent=2) + "\n", "utf-8")
    return path


def main() -> None:
    """Measure, print a table and keep the numbers."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--short", action="store_true", help="about a minute instead of several")
    parser.add_argument("--rounds", type=int, help="how often each is measured (5, or 3 with --short)")
    parser.add_argument("--seconds", type=float, help="how long each is measured (5, or 2 with --short)")
    asked = parser.parse_args()
    rounds: int = asked.rounds or (3 if asked.short else 5)
    seconds: float = asked.seconds or (2 if asked.short else 5)
    # The loop that the API runs on.
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        samples = runner.run(bench(rounds, seconds))
    found = lines(samples, YARDSTICK)
    print(f"\n{table(found, YARDSTICK)}\nkept in {keep(samples, found)}")


if __name__ == "__main__":
    main()
