"""Measures tree, export and offline check of a long trail: `python -m bench.audit [--events N]`."""

import argparse
import asyncio
import json
import os
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg
import httpx
import psutil
import uvloop

from astrolabe.cli.own_python import run_astrolabe
from astrolabe.cli.ready import until_ready
from astrolabe.cli.verifying import verify_export
from astrolabe.domain.audit.note import PrivateKey
from astrolabe.store.audit.checkpoints import Checkpoints
from astrolabe.store.audit.export import export_lines
from astrolabe.store.audit.tree import Tree
from astrolabe.store.database import Database
from astrolabe.store.ids import new_id
from astrolabe.store.log.entry import encode, make_entry, type_of
from astrolabe.store.log.log import Log
from astrolabe.store.migrate import migrate
from astrolabe.store.ports import free_from
from astrolabe.store.streams.tokens import Tokens
from astrolabe.workers.programs import shell
from bench.audit_figures import figures, told
from bench.row import CAUSE, event
from bench.server import HOME, environment, postgres

RESULTS = Path(__file__).parent / "results"
KEY = PrivateKey("astrolabe-bench", bytes(range(32)))
STREAM_LENGTH = 50
CHUNK = 20_000
PORT = 8460


async def fill(url: str, events: int) -> None:
    """Put events straight into the tables, as the appends would have left them, up to a number."""
    connection = await asyncpg.connect(url, server_settings={"search_path": "astrolabe"})
    there: int = await connection.fetchval("SELECT count(*) FROM event")
    for first in range(there, events, CHUNK):
        rows: list[tuple[Any, ...]] = []
        stream = new_id()
        for at in range(first, min(events, first + CHUNK)):
            if (at - there) % STREAM_LENGTH == 0:
                stream = new_id()
            entry = make_entry(stream, (at - there) % STREAM_LENGTH + 1, event(), CAUSE)
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


async def child(part: str, *words: str, url: str) -> dict[str, Any]:
    """Run a part as a process of its own, so that its peak of memory is its own."""
    return await measured("bench.audit", "--part", part, *words, url=url)


async def measured(module: str, *words: str, url: str = "") -> dict[str, Any]:
    """Run a module that prints what it reached."""
    argv = [sys.executable, "-m", module, *words]
    done = await shell.run(argv, env=environment(ASTROLABE_BENCH_URL=url), cwd=HOME, deadline=3600)
    return json.loads(done.stdout)


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


async def download(url: str, secret: str, path: Path) -> dict[str, Any]:
    """Take the export from the API, as an auditor does; the peak of memory is that of the API."""
    bind = f"127.0.0.1:{free_from(PORT)}"
    argv = run_astrolabe("api", "--bind", bind)
    api = shell.supervise(argv, env=environment(DATABASE_URL=url), log=path.with_suffix(".log"), cwd=HOME)
    try:
        await until_ready(f"http://{bind}")
        http = httpx.AsyncClient(headers={"Authorization": f"Bearer {secret}"}, trust_env=False, timeout=60)
        busy, started = psutil.Process(api.pid).cpu_times(), time.perf_counter()
        with path.open("wb") as file:
            async with http, http.stream("GET", f"http://{bind}/audit/export") as answer:
                async for chunk in answer.raise_for_status().aiter_raw():
                    file.write(chunk)
        seconds, after = time.perf_counter() - started, psutil.Process(api.pid).cpu_times()
        status = Path(f"/proc/{api.pid}/status").read_text("utf-8")
    finally:
        await api.stop()
    with path.open("rb") as file:
        count = verify_export(file, [KEY.public]).proven.checkpoint.size
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    cpu = after.user + after.system - busy.user - busy.system
    return figures(count, seconds, cpu, peak / 1024)


async def bench(events: int) -> list[dict[str, Any]]:
    """Measure a tenth of the trail and then all of it, on a server of the bench's own."""
    runs: list[dict[str, Any]] = []
    async with postgres() as server:
        url = await server.create_database("trail")
        await migrate(url)
        async with Database(url, pool_size=1) as database:
            token = await Tokens(Log(database)).issue("auditor", ("read",), CAUSE)
        with TemporaryDirectory() as folder:
            for many in (events // 10, events):
                await fill(url, many)
                path = Path(folder) / f"{many}.jsonl"
                run: dict[str, Any] = {"events": many}
                run["build"] = await child("build", url=url)
                run["export"] = await child("export", "--file", str(path), url=url)
                run["bytes"] = path.stat().st_size
                run["verify"] = await measured("bench.verifying", str(path), KEY.public.text)
                run["download"] = await download(url, token.secret, path)
                runs.append(run)
                print(json.dumps(run), flush=True)
    return runs


def report(runs: list[dict[str, Any]]) -> str:
    """Write what was found as Markdown."""
    lines = ["| events | part | events a second | of its own CPU time | peak RSS |", "|---|---|---|---|---|"]
    for run in runs:
        for part in ("build", "export", "download", "verify"):
            told = run[part]
            speeds = f"{told['per_second']:,.0f} | {told['cpu_per_second']:,.0f}"
            lines.append(f"| {run['events']:,} | {part} | {speeds} | {told['peak_rss_mb']:.0f} MB |")
    return "\n".join(lines)


def keep(name: str, found: dict[str, Any]) -> Path:
    """Write everything that was measured as JSON."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    path.write_text(
        json.dumps({"python": platform.python_version(), "cores": os.cpu_count(), **found}, indent=2) + "\n"
    )
    return path


def main() -> None:
    """Measure, print a table and keep the numbers."""
    parser = argparse.ArgumentParser(prog="python -m bench.audit", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000, help="how long the trail is")
    parser.add_argument("--part", choices=("build", "export"), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    parts = {"build": build, "export": lambda: export(asked.file)}
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if asked.part:
            runner.run(parts[asked.part]())
            return
        runs = runner.run(bench(asked.events))
    print(f"\n{report(runs)}\nkept in {keep('audit', {'runs': runs})}")


if __name__ == "__main__":
    main()
