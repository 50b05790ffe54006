"""Where the time goes from a POST to the first step and to the end, on an idle house: `python -m bench.latency`."""

import argparse
import asyncio
import contextlib
import itertools
import sys
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

import httpx

from astrolabe.domain.instances.instance import DatabaseConfig, InstanceConfig
from astrolabe.domain.upgrades.events import InstanceRegistered
from astrolabe.store.database import Database
from astrolabe.store.ids import new_id
from astrolabe.store.log.log import Log
from astrolabe.store.streams.tokens import Tokens
from astrolabe.workers.programs import shell
from bench.page import PAGE, between
from bench.peer import HERE, serving
from bench.results import keep
from bench.row import CAUSE
from bench.server import environment, postgres, valkey
from bench.stepping import HOST
from bench.tracing import TRACE

PLACES: Final = (
    "asked of the log",
    "request recorded",
    "answered",
    "relay notified",
    "message sent",
    "message taken",
    "lease taken",
    "step begun",
    "events placed",
    "success recorded",
)
LAST: Final = "success recorded"
POLL_SECONDS: Final = 0.02
WARM: Final = 3
"""So many upgrades are not counted: they find nothing prepared."""


async def measure(upgrades: int, pause: float) -> dict[str, list[float]]:
    """Ask again and again; return for each place the milliseconds from asking until it was first come by."""
    found: dict[str, list[float]] = {place: [] for place in PLACES}
    async with _house(upgrades + WARM) as (http, ids, file):
        for nth, instance_id in enumerate(ids):
            await asyncio.sleep(pause)
            for place, after in (await _upgrade(http, instance_id, file)).items():
                if nth >= WARM:
                    found[place].append(after)
    return found


async def _upgrade(http: httpx.AsyncClient, instance_id: str, file: Path) -> dict[str, float]:
    asked = time.monotonic_ns()
    (await http.post("/upgrades", json={"instance": instance_id, "target": "6.10.1"})).raise_for_status()
    first = {"answered": time.monotonic_ns()}
    while LAST not in first:
        await asyncio.sleep(POLL_SECONDS)
        for line in (await asyncio.to_thread(file.read_text, "utf-8")).splitlines():
            when, _, place = line.partition(" ")
            if int(when) >= asked:
                first.setdefault(place, int(when))
    return {place: (when - asked) / 1e6 for place, when in first.items() if place in PLACES}


@contextlib.asynccontextmanager
async def _house(instances: int) -> AsyncGenerator[tuple[httpx.AsyncClient, list[str], Path]]:
    """Run an API, a relay and a worker whose steps do nothing, and register instances."""
    async with postgres() as server, valkey() as redis, contextlib.AsyncExitStack() as stack:
        folder, host = Path(stack.enter_context(TemporaryDirectory())), f"bench-{new_id()[-12:]}"
        file = folder / "trace"
        shared = {"ASTROLABE_BENCH_URL": server.url(), "ASTROLABE_BENCH_REDIS": redis, HOST: host, TRACE: str(file)}
        async with Database(server.url()) as database:
            log = Log(database)
            token = await Tokens(log).issue("bench", ("operate",), CAUSE)
            ids = [await _register(log, host, port) for port in itertools.islice(itertools.count(1024), instances)]
        for module in ("bench.stepping", "bench.relaying"):
            argv, said = [sys.executable, "-m", module], folder / f"{module}.log"
            stack.push_async_callback(shell.supervise(argv, env=environment(**shared), log=said, cwd=HERE.parent).stop)
        port = await stack.enter_async_context(serving([sys.executable, "-m", "bench.serving"], **shared))
        headers = {"Authorization": f"Bearer {token.secret}"}
        http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False)
        yield await stack.enter_async_context(http), ids, file


async def _register(log: Log, host: str, port: int) -> str:
    name, stream_id = f"flags-{port}", new_id()
    config = InstanceConfig(name, "unleash", port, host=host, database=DatabaseConfig(name, "unleash"))
    await log.append(stream_id, 0, [InstanceRegistered(config, "5.6.0")], CAUSE)
    return stream_id


def table(found: Mapping[str, Sequence[float]]) -> str:
    """Write when each place is come by as a Markdown table."""
    head = "| since asking | median, ms | lowest | highest |\n|---|---|---|---|\n"
    return head + "".join(
        f"| {place} | {median(each):.1f} | {min(each):.1f} | {max(each):.1f} |\n"
        for place, each in sorted(found.items(), key=lambda item: median(item[1] or [0.0]))
        if each
    )


def main() -> None:
    """Measure, print the table and keep the numbers."""
    parser = argparse.ArgumentParser(prog="python -m bench.latency", description=__doc__)
    parser.add_argument("--upgrades", type=int, default=20)
    parser.add_argument("--pause", type=float, default=1.0, help="seconds that the house is left idle between two")
    parser.add_argument("--page", action="store_true", help="write the table into docs/performance.md")
    asked = parser.parse_args()
    found = asyncio.run(measure(asked.upgrades, asked.pause))
    written = table(found)
    print(f"{written}\nkept in {keep('latency', {'milliseconds': found})}")
    if asked.page:
        PAGE.write_text(between(PAGE.read_text("utf-8"), "latency", written), "utf-8")


if __name__ == "__main__":
    main()
