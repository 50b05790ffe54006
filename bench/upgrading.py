"""Measures upgrades beside the document's commands typed by a script: `python -m bench.upgrading [--rounds N]`."""

import argparse
import asyncio
import json
import os
import platform
import shutil
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import mkdtemp
from typing import Any

from msgspec import Struct, to_builtins

from bench.downtime import Downtime
from bench.typed import PACKAGE, Typed
from cli import options
from cli.client import Client
from cli.demo.screen import Screen
from cli.demo.stage import NpxStage, psql
from cli.ready import until_ready
from cli.services.folder import is_free
from cli.tree import Tree, own_command
from domain.access import SCOPES
from domain.recorded import Cause
from store.database import Database
from store.ids import new_id
from store.log import Log
from store.migrate import migrate
from store.tokens import Tokens
from workers import shell, tools
from workers.environment import inherited

OLD, NEW = "5.6.0", "6.10.1"
RESULTS = Path(__file__).parent / "results"
BIND = "127.0.0.1:8490"
PORT = 4290
LOOK_SECONDS = 0.05
INSTALL_SECONDS = 1800

FILL = """
INSERT INTO events (type, created_by, data)
SELECT 'feature-updated', 'bench', json_build_object('pad', (SELECT string_agg(md5(random()::text || i || j), '')
                                                             FROM generate_series(1, 16) j))
FROM generate_series(1, {rows}) i
"""
"""Half a kilobyte a row, as an event of Unleash has, that does not compress to nothing."""


class Measure(Struct, frozen=True):
    """What one upgrade and one way back took, in seconds."""

    way: str
    state: str
    round: int
    upgrade: float
    upgrade_downtime: float
    rollback: float
    rollback_downtime: float


@dataclass
class Bench:
    """A running Astrolabe, a client, and the caches that a cold and a warm host have."""

    folder: Path
    tree: Tree
    client: Client
    rows: int
    measures: list[Measure] = field(default_factory=list)

    @property
    def log_url(self) -> str:
        """The server that the log and all instances are on."""
        return self.tree.environment["DATABASE_URL"]

    def caches(self, state: str) -> Path:
        """Give npm's cache as a cold host has it (the old version only) or a warm one (both)."""
        return self.folder / f"npm-{state}"

    async def measure(self, way: str, state: str, number: int) -> None:
        """Let one way upgrade an Unleash of its own and take it back."""
        cache = self.folder / "npm"
        shutil.rmtree(cache, ignore_errors=True)
        await asyncio.to_thread(shutil.copytree, self.caches(state), cache, symlinks=True)
        stage = await NpxStage.build(Screen(), self.folder, self.log_url, PORT)
        old = await stage.install(OLD)
        await stage.start(old)
        await psql(self.log_url, "--command", FILL.format(rows=self.rows), database=stage.database.name)
        try:
            measured = await WAYS[way](self, stage, cache, state)
            self.measures.append(Measure(way, state, number, *measured))
            print(f"round {number}, {state:<4} {way:<9}", *(f"{seconds:6.1f} s" for seconds in measured), flush=True)
        finally:
            await stage.stop()

    async def typed(self, stage: NpxStage, cache: Path, _state: str) -> tuple[float, float, float, float]:
        """Measure the document's commands."""
        script = Typed(stage, cache)
        try:
            up = await self._timed(stage, lambda: script.upgrade(NEW))
            return (*up, *await self._timed(stage, lambda: script.roll_back(OLD)))
        finally:
            await script.stop()
            script.clear()

    async def astrolabe(self, stage: NpxStage, _cache: Path, state: str) -> tuple[float, float, float, float]:
        """Measure an upgrade asked for over the API, on a host that has the new version or not."""
        shelf = stage.host.artifacts() / PACKAGE
        if state == "cold":
            for tree in shelf.glob(f"{NEW}-*"):
                await asyncio.to_thread(shutil.rmtree, tree)
        else:
            await stage.install(NEW)
        body: dict[str, Any] = {**to_builtins(stage.config), "version": OLD, "reason": "to measure it"}
        await asyncio.to_thread(self.client.post, "/instances", body)
        asked = {"instance": stage.config.name, "target": NEW, "reason": "to measure it"}
        upgrade: list[str] = []

        async def forth() -> None:
            accepted = await asyncio.to_thread(self.client.post, "/upgrades", asked, key=new_id())
            upgrade.append(accepted["id"])
            await self._until(accepted["id"], "succeeded")

        async def back() -> None:
            path = f"/upgrades/{upgrade[0]}"
            await asyncio.to_thread(self.client.post, f"{path}/rollback", {"accept_lost_writes": True})
            await self._until(upgrade[0], "rolled_back")

        return (*await self._timed(stage, forth), *await self._timed(stage, back))

    async def _until(self, upgrade_id: str, status: str) -> None:
        path = f"/upgrades/{upgrade_id}"
        while not (operation := await asyncio.to_thread(self.client.get, path))["done"]:  # noqa: ASYNC110  by HTTP
            await asyncio.sleep(LOOK_SECONDS)
        if operation["status"] != status:
            raise RuntimeError(f"the upgrade {operation['status']}: {operation.get('error')}")

    async def _timed(self, stage: NpxStage, work: Callable[[], Awaitable[None]]) -> tuple[float, float]:
        product = stage.host.products["unleash"]
        async with Downtime.of(stage.config, product) as downtime:
            began = time.monotonic()
            await work()
            took = time.monotonic() - began
        return took, downtime.seconds


WAYS: Mapping[str, Callable[[Bench, NpxStage, Path, str], Awaitable[tuple[float, float, float, float]]]] = {
    "script": Bench.typed,
    "astrolabe": Bench.astrolabe,
}


async def _fill_caches(folder: Path) -> None:
    """Let npx fetch what a cold host has and what a warm one has."""
    for state, versions in (("cold", (OLD,)), ("warm", (OLD, NEW))):
        for version in versions:
            npx = (*tools.npx(), "--yes", f"--package={PACKAGE}@{version}", "-c", "true")
            env = {**inherited(), "PATH": f"{tools.node().parent}:{inherited()['PATH']}"}
            env["npm_config_cache"] = str(folder / f"npm-{state}")
            await shell.run(npx, env=env, deadline=INSTALL_SECONDS)


async def bench(rounds: int, rows: int) -> list[Measure]:
    """Start everything, and let both ways take turns on a cold and on a warm host."""
    folder = Path(await asyncio.to_thread(mkdtemp, prefix="astrolabe-bench-"))
    token: list[str] = []

    async def prepare(environment: Mapping[str, str]) -> None:
        await migrate(environment["DATABASE_URL"])
        async with Database(environment["DATABASE_URL"], pool_size=1) as database:
            issued = await Tokens(Log(database)).issue("bench", SCOPES, Cause("bench", "to measure", "cli"))
            token.append(issued.secret)

    def command(name: str) -> list[str]:
        return [*own_command(name), *(["--bind", BIND] if name == "api" else [])]

    os.environ["NPM_CONFIG_CACHE"] = str(folder / "npm")
    try:
        print("npx fetches both versions first, for the hosts that have them already", flush=True)
        await _fill_caches(folder)
        async with Tree(folder, prepare=prepare, command=command) as tree:
            await until_ready(options.base_url(BIND))
            made = Bench(folder, tree, Client(options.base_url(BIND), token[0]), rows)
            for number in range(1, rounds + 1):
                for state in ("cold", "warm"):
                    for way in WAYS if number % 2 else reversed(tuple(WAYS)):
                        await made.measure(way, state, number)
            return made.measures
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def table(measures: Sequence[Measure]) -> str:
    """Relate Astrolabe to the script, each round to itself, as a Markdown table."""
    head = "| host | what | script, s | Astrolabe, s | Astrolabe / script | spread |\n|---|---|---|---|---|---|\n"
    return head + "".join(
        _row(measures, state, what)
        for state in dict.fromkeys(each.state for each in measures)
        for what in ("upgrade", "upgrade_downtime", "rollback", "rollback_downtime")
    )


def _row(measures: Sequence[Measure], state: str, what: str) -> str:
    script, ours = (
        {each.round: getattr(each, what) for each in measures if (each.way, each.state) == (way, state)} for way in WAYS
    )
    ratios = [ours[number] / script[number] for number in script]
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
    cells = (f"{median(script.values()):.1f}", f"{median(ours.values()):.1f}", f"{median(ratios):.2f}", spread)
    return f"| {state} | {what.replace('_', ', ')} | {' | '.join(cells)} |\n"


def _free_or_say() -> None:
    for port in (PORT, int(BIND.rpartition(":")[2])):
        if not is_free(port):
            raise SystemExit(f"Port {port} is in use; end what listens there.")


def main() -> None:
    """Measure, print a table and keep the numbers."""
    parser = argparse.ArgumentParser(prog="python -m bench.upgrading", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured")
    parser.add_argument("--rows", type=int, default=150_000, help="rows of half a kilobyte in the instance's database")
    asked = parser.parse_args()
    _free_or_say()
    measures = asyncio.run(bench(asked.rounds, asked.rows))
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"upgrades-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    told = {"cores": os.cpu_count(), "platform": platform.platform(), "rows": asked.rows}
    path.write_text(json.dumps(told | {"measures": to_builtins(measures)}, indent=2) + "\n", "utf-8")
    print(f"\n{table(measures)}\nkept in {path}")


if __name__ == "__main__":
    main()
