"""Measures export, offline check and what the tree costs appends: `python -m bench.audit [--events N]`."""

import argparse
import asyncio
import json
import os
import platform
import resource
import sys
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg
import uvloop

from bench.row import CAUSE, event
from bench.server import environment, postgres
from cli.verifying import verify_export
from domain.note import PrivateKey, parse_public_key
from store.checkpoints import Checkpoints
from store.database import Database
from store.entry import encode, make_entry, type_of
from store.export import export_lines
from store.ids import new_id
from store.log import Log
from store.migrate import migrate
from store.sequencer import Sequencer
from store.tree import Tree
from workers import shell
from workers.notary import PAUSE_SECONDS

HOME = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results"
KEY = PrivateKey("astrolabe-bench", bytes(range(32)))
STREAM_LENGTH = 50
CLIENTS = (8, 32)
CHUNK = 20_000
READY = "ready"


async def fill(url: str, events: int) -> None:
    """Put events straight into the tables, as the appends would have left them, up to a number."""
    connection = await asyncpg.connect(url, server_settings={"search_path": "astrolabe"})
    there: int = await connection.fetchval("SELECT count(*) FROM event")
    for first in range(there, events, CHUNK):
        rows: list[tuple[Any, ...]] = []
        stream = new_id()
        for at in range(first, min(events, first + CHUNK)):
            if at % STREAM_LENGTH == 0:
                stream = new_id()
            entry = make_entry(stream, at % STREAM_LENGTH + 1, event(), CAUSE)
            rows.append((stream, entry.version, entry.id, type_of(entry.data), encode(entry)))
        await connection.copy_records_to_table(
            "event", records=rows, columns=["stream_id", "version", "event_id", "type", "entry"]
        )
    await connection.execute(
        """
        WITH placed AS (
            INSERT INTO log SELECT h.tree_size - 1 + row_number() OVER (ORDER BY ingest_id), ingest_id
            FROM event, log_head h WHERE ingest_id NOT IN (SELECT ingest_id FROM log) RETURNING 1
        ) UPDATE log_head SET tree_size = tree_size + (SELECT count(*) FROM placed)
        """
    )
    await connection.execute("ANALYZE")
    await connection.close()


async def child(*words: str, url: str) -> dict[str, Any]:
    """Run a part as a process of its own, so that its peak of memory is its own."""
    argv = [sys.executable, "-m", "bench.audit", *words]
    done = await shell.run(argv, env=environment(ASTROLABE_BENCH_URL=url), cwd=HOME, deadline=3600)
    return json.loads(done.stdout)


def told(count: int, seconds: float) -> None:
    """Print what a part reached."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    numbers = {"events": count, "seconds": seconds, "per_second": count / seconds, "peak_rss_mb": peak}
    print(json.dumps({**numbers, "cpu_per_second": count / time.process_time(), "load": os.getloadavg()[0]}))


async def build() -> None:
    """Build the tree over all that is there, and sign it."""
    async with Database(os.environ["ASTROLABE_BENCH_URL"], pool_size=2) as database:
        tree = Tree(database)
        before, started = await tree.size(), time.perf_counter()
        while await tree.step():
            pass
        count, seconds = await tree.size() - before, time.perf_counter() - started
        await Checkpoints(database, tree).make([KEY])
        told(count, seconds)


async def export(path: Path) -> None:
    """Write the export to a file."""
    async with Database(os.environ["ASTROLABE_BENCH_URL"], pool_size=2) as database:
        tree = Tree(database)
        checkpoints = Checkpoints(database, tree)
        last = await checkpoints.latest()
        assert last is not None  # noqa: S101  it was just signed
        started = time.perf_counter()
        with path.open("wb") as file:
            async for line in export_lines(tree, checkpoints, last):
                file.write(line)
        told(last.size, time.perf_counter() - started)


def verify(path: Path, key: str) -> None:
    """Check an export with the file and the key alone."""
    started = time.perf_counter()
    with path.open("rb") as file:
        found = verify_export(file, [parse_public_key(key)])
    told(found.proven.checkpoint.size, time.perf_counter() - started)


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
        argv = [sys.executable, "-m", "bench.audit", "--part", part]
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
                await child("--part", "build", url=url)
            samples.append(
                {"round": number + 1, "clients": clients, **speeds, "ratio": speeds["with"] / speeds["without"]}
            )
            print(json.dumps(samples[-1]), flush=True)
    return samples


async def bench(events: int, rounds: int, seconds: float) -> dict[str, Any]:
    """Measure everything on a server of the bench's own."""
    found: dict[str, Any] = {"runs": []}
    async with postgres() as server:
        url = await server.create_database("cost")
        await migrate(url)
        found["cost"] = await cost(url, rounds, seconds)
        url = await server.create_database("trail")
        await migrate(url)
        with TemporaryDirectory() as folder:
            for many in (events // 10, events) if events else ():
                await fill(url, many)
                path = Path(folder) / f"{many}.jsonl"
                run: dict[str, Any] = {"events": many}
                run["build"] = await child("--part", "build", url=url)
                run["export"] = await child("--part", "export", "--file", str(path), url=url)
                run["bytes"] = path.stat().st_size
                run["verify"] = await child("--part", "verify", "--file", str(path), url=url)
                found["runs"].append(run)
                print(json.dumps(run), flush=True)
    return found


def report(found: dict[str, Any]) -> str:
    """Write what was found as Markdown."""
    lines = ["| events | part | events a second | of its own CPU time | peak RSS |", "|---|---|---|---|---|"]
    for run in found["runs"]:
        for part in ("build", "export", "verify"):
            told = run[part]
            speeds = f"{told['per_second']:,.0f} | {told['cpu_per_second']:,.0f}"
            lines.append(f"| {run['events']:,} | {part} | {speeds} | {told['peak_rss_mb']:.0f} MB |")
    lines += ["", "| clients | appends with the tree / without | spread | with, a second |", "|---|---|---|---|"]
    for clients in CLIENTS:
        mine = [each for each in found["cost"] if each["clients"] == clients]
        ratios: Sequence[float] = [each["ratio"] for each in mine]
        speed = median(each["with"] for each in mine)
        lines.append(f"| {clients} | {median(ratios):.2f} | {min(ratios):.2f} to {max(ratios):.2f} | {speed:,.0f} |")
    return "\n".join(lines)


def keep(found: dict[str, Any]) -> Path:
    """Write everything that was measured as JSON."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"audit-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    path.write_text(
        json.dumps({"python": platform.python_version(), "cores": os.cpu_count(), **found}, indent=2) + "\n"
    )
    return path


def main() -> None:
    """Measure, print tables and keep the numbers."""
    parser = argparse.ArgumentParser(prog="python -m bench.audit", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000, help="how long the trail is; 0 measures appends only")
    parser.add_argument("--rounds", type=int, default=5, help="how often appends are measured in pairs")
    parser.add_argument("--seconds", type=float, default=5, help="how long each time")
    parser.add_argument("--part", choices=("build", "export", "verify", "grow", "sequence"), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.part == "verify":
        verify(asked.file, KEY.public.text)
        return
    parts = {"build": build, "export": lambda: export(asked.file)}
    parts |= {"grow": lambda: follow(grow=True), "sequence": lambda: follow(grow=False)}
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if asked.part:
            runner.run(parts[asked.part]())
            return
        found = runner.run(bench(asked.events, asked.rounds, asked.seconds))
    print(f"\n{report(found)}\nkept in {keep(found)}")


if __name__ == "__main__":
    main()
