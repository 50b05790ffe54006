"""Measures Astrolabe beside others who do the same work on the same PostgreSQL: `python -m bench [--short]`."""

import argparse
import asyncio
import contextlib
import os
import platform
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg
import msgspec
import uvloop

from astrolabe.cli.servers.postgres import Postgres
from bench.accepting import Accept, Nothing, Orm
from bench.astrolabe import Astrolabe
from bench.carrying import Celery, Dbos, Upgrades
from bench.contender import YARDSTICK, Work
from bench.eventsourcing import EventSourcing, NotificationLog
from bench.figures import Sample, lines, table
from bench.page import write_page
from bench.peer import install
from bench.pgbench import Pgbench
from bench.replaying import Replay
from bench.results import keep
from bench.row import payload
from bench.server import postgres, valkey


async def measure(work: Work, rounds: int, seconds: float) -> list[Sample]:
    """Let the contenders take turns within every round, so that a slow minute is slow for all of them."""
    samples: list[Sample] = []
    for number in range(1, rounds + 1):
        for clients in work.clients:
            # Whoever begins finds other caches than whoever follows: each begins in turn.
            turn = number % len(work.contenders)
            for contender in (*work.contenders[turn:], *work.contenders[:turn]):
                speed = await contender.run(clients, seconds)
                samples.append(Sample(contender.name, clients, number, speed))
                where = f"{work.name}, round {number} of {rounds}, {clients:>2} clients, {contender.name:<13}"
                print(f"{where} {speed:>9,.1f} a second", flush=True)
    return samples


@contextlib.asynccontextmanager
async def works(events: int, wanted: Sequence[str]) -> AsyncGenerator[list[Work]]:
    """Start the servers and prepare all who are measured."""
    await install()
    with TemporaryDirectory() as folder:
        async with postgres() as server, valkey() as redis:
            print(f"fsync is {await server.sql('SHOW fsync')}, {os.cpu_count()} cores, {platform.platform()}")
            makers = {
                "append": lambda: _append(server, Path(folder)),
                "accept": lambda: _accept(server),
                "carry out": lambda: _carry_out(server, redis),
                "read back": lambda: _read_back(server, events),
            }
            yield [await make() for name, make in makers.items() if name in wanted]


async def _append(server: Postgres, folder: Path) -> Work:
    url = server.url()
    pgbench = Pgbench(url, folder)
    superuser = await asyncpg.connect(url)
    try:
        await pgbench.prepare(superuser)
    finally:
        await superuser.close()
    saving = EventSourcing(await server.create_database("saving"))
    return Work("append", YARDSTICK, (1, 8, 32), (pgbench, Astrolabe(url, folder), saving))


async def _accept(server: Postgres) -> Work:
    url = server.url()
    return Work("accept", "nothing", (1, 64), (Nothing(url), Accept(url), Orm(await server.create_database("orm"))))


async def _carry_out(server: Postgres, redis: str) -> Work:
    dbos = Dbos(await server.create_database("dbos"))
    return Work("carry out", dbos.name, (1, 64), (dbos, Upgrades(server.url(), redis), Celery(redis)))


async def _read_back(server: Postgres, events: int) -> Work:
    ours = Replay(await server.create_database("replay"), events)
    await ours.prepare()
    theirs = NotificationLog(await server.create_database("notifications"), events)
    return Work("read back", theirs.name, (1,), (theirs, ours))


async def bench(wanted: Sequence[str], rounds: int, seconds: float, events: int) -> dict[str, Any]:
    """Measure what is wanted."""
    found: dict[str, Any] = {"row_bytes": len(payload()), "rounds": rounds, "seconds": seconds, "events": events}
    async with works(events, wanted) as prepared:
        for work in prepared:
            samples = await measure(work, rounds, seconds)
            summed = lines(samples, work.yardstick)
            print(f"\n{work.name}\n\n{table(summed, work.yardstick)}")
            found[work.name] = {"yardstick": work.yardstick, "lines": summed, "samples": samples}
    return msgspec.to_builtins(found)


def main() -> None:
    """Measure, print tables, keep the numbers, and write the page's tables and pictures where that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--short", action="store_true", help="about five minutes instead of half an hour")
    parser.add_argument("--only", action="append", choices=("append", "accept", "carry out", "read back"))
    parser.add_argument("--rounds", type=int, help="how often each is measured (7, or 3 with --short)")
    parser.add_argument("--seconds", type=float, help="how long each is measured (5, or 2 with --short)")
    parser.add_argument("--events", type=int, help="how long the log is that is read (1000000, or 100000 with --short)")
    parser.add_argument("--page", action="store_true", help="write the tables and pictures of docs/performance.md")
    asked = parser.parse_args()
    rounds: int = asked.rounds or (3 if asked.short else 7)
    seconds: float = asked.seconds or (2 if asked.short else 5)
    events: int = asked.events or (100_000 if asked.short else 1_000_000)
    wanted: Sequence[str] = asked.only or ("append", "accept", "carry out", "read back")
    # The loop that the API runs on.
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = runner.run(bench(wanted, rounds, seconds, events))
    print(f"kept in {keep('bench', found)}")
    if asked.page:
        write_page(found)


if __name__ == "__main__":
    main()
