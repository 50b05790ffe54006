"""Measures npx upgrades beside the document's commands typed by a script: `python -m bench.upgrading [--rounds N]`."""

import argparse
import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import get_args

from msgspec.structs import replace

from astrolabe.cli.demo.screen import Screen
from astrolabe.cli.demo.stage import NpxStage
from astrolabe.cli.scratch import psql
from astrolabe.domain.words import Cutover
from astrolabe.workers.programs import shell, tools
from astrolabe.workers.programs.environment import inherited
from bench.aside import put_aside
from bench.asking import FILL, PORT, SETTLE, AuthenticatedRequest, astrolabe, free_or_say, timed
from bench.measure import OURS, SCRIPT, Measure, kept, table, told
from bench.typed import PACKAGE, Typed

OLD, NEW = "5.6.0", "6.10.1"
INSTALL_SECONDS = 1800


@dataclass
class Bench:
    """A running Astrolabe, and the caches that a cold and a warm host have."""

    folder: Path
    asking: AuthenticatedRequest
    rows: int
    cutover: Cutover
    measures: list[Measure] = field(default_factory=list)

    async def measure(self, way: str, state: str, number: int) -> None:
        """Let one way upgrade an Unleash of its own and take it back."""
        cache = self.folder / "npm"
        put_aside(cache, self.folder)
        await asyncio.to_thread(shutil.copytree, self.folder / f"npm-{state}", cache, symlinks=True)
        stage = await NpxStage.build(Screen(), self.folder, self.asking.log_url, PORT)
        await stage.begin(OLD)
        for statement in (FILL.format(rows=self.rows), *SETTLE):
            await psql(self.asking.log_url, "--command", statement, database=stage.database.name)
        try:
            made = Measure(way, state, number, *await WAYS[way](self, stage, cache, state))
            self.measures.append(made)
            print(told(made), flush=True)
        finally:
            await stage.stop()

    async def typed(self, stage: NpxStage, cache: Path, _state: str) -> tuple[float, float, float, float]:
        """Measure the document's commands."""
        script, product = Typed(stage, cache), stage.host.products["unleash"]
        try:
            up = await timed(stage.config, product, lambda: script.upgrade(NEW))
            return (*up, *await timed(stage.config, product, lambda: script.roll_back(OLD)))
        finally:
            await script.stop()
            script.clear()

    async def asked(self, stage: NpxStage, _cache: Path, state: str) -> tuple[float, float, float, float]:
        """Measure an upgrade asked for over the API, on a host that has the new version or not."""
        if state == "cold":
            for tree in (stage.host.artifacts() / PACKAGE).glob(f"{NEW}-*"):
                put_aside(tree, self.folder)
        else:
            await stage.install(NEW)
        config = replace(stage.config, cutover=self.cutover)
        return await self.asking.up_and_back(config, stage.host.products["unleash"], OLD, NEW)


WAYS: Mapping[str, Callable[[Bench, NpxStage, Path, str], Awaitable[tuple[float, float, float, float]]]] = {
    SCRIPT: Bench.typed,
    OURS: Bench.asked,
}


async def _fill_caches(folder: Path) -> None:
    """Let npx fetch what a cold host has (the old version only) and what a warm one has (both)."""
    for state, versions in (("cold", (OLD,)), ("warm", (OLD, NEW))):
        for version in versions:
            npx = (*tools.npx(), "--yes", f"--package={PACKAGE}@{version}", "-c", "true")
            env = {**inherited(), "PATH": f"{tools.node().parent}:{inherited()['PATH']}"}
            env["npm_config_cache"] = str(folder / f"npm-{state}")
            await shell.run(npx, env=env, deadline=INSTALL_SECONDS)


async def bench(rounds: int, rows: int, cutover: Cutover) -> list[Measure]:
    """Start everything, and let both ways take turns on a cold and on a warm host."""
    folder = Path(await asyncio.to_thread(mkdtemp, prefix="astrolabe-bench-"))
    os.environ["NPM_CONFIG_CACHE"] = str(folder / "npm")
    try:
        print("npx fetches both versions first, for the hosts that have them already", flush=True)
        await _fill_caches(folder)
        async with astrolabe(folder) as asking:
            made = Bench(folder, asking, rows, cutover)
            for number in range(1, rounds + 1):
                for state in ("cold", "warm"):
                    for way in WAYS if number % 2 else reversed(tuple(WAYS)):
                        await made.measure(way, state, number)
            return made.measures
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def main() -> None:
    """Measure, print a table and keep the numbers."""
    parser = argparse.ArgumentParser(prog="python -m bench.upgrading", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured")
    parser.add_argument("--rows", type=int, default=150_000, help="rows of half a kilobyte in the instance's database")
    parser.add_argument(
        "--cutover", choices=get_args(Cutover), default="verified", help="when Astrolabe lets others in"
    )
    asked = parser.parse_args()
    free_or_say()
    measures = asyncio.run(bench(asked.rounds, asked.rows, asked.cutover))
    print(f"\n{table(measures)}\nkept in {kept(measures, asked.rows)}")


if __name__ == "__main__":
    main()
