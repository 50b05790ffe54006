"""Measures compose upgrades beside the document's commands typed by a script: `python -m bench.composing [--rounds N]`.

As root on Linux, on a container engine of its own.
"""

import argparse
import asyncio
import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import get_args

from msgspec.structs import replace

from astrolabe.cli.demo.compose_stage import DATABASE, NEW, OLD, USER, ComposeStage, products, publish
from astrolabe.cli.demo.compose_story import REGISTRY_PORT, fetch
from astrolabe.cli.demo.screen import Screen
from astrolabe.cli.private_engine import own
from astrolabe.cli.private_engine.registry import ImageRegistry
from astrolabe.domain.products.product import Product
from astrolabe.domain.words import Cutover
from astrolabe.store.products.catalogue import load_products
from astrolabe.workers.instance.probe import Probe
from astrolabe.workers.programs import shell
from astrolabe.workers.programs.environment import inherited
from bench.asking import FILL, POLL_SECONDS, PORT, SETTLE, AuthenticatedRequest, astrolabe, free_or_say, timed
from bench.measure import OURS, SCRIPT, Measure, kept, table, told

STATE = "compose"
DUMP = "/tmp/astra_pre_upgrade.dump"  # noqa: S108  inside the database's container
COMMAND_SECONDS = 600


@dataclass(frozen=True)
class TypedCompose:
    """Someone who upgrades a project by hand: dump, the new tag in the file, pull, up, look."""

    stage: ComposeStage
    product: Product

    async def upgrade(self, version: str) -> None:
        """Back up, pull the latest images, restart the containers with them, watch until the migrations are done."""
        await self._in_database("pg_dump", "-F", "c", "-f", DUMP)
        self.stage.write(version)
        await self.stage.compose("pull")
        await self.stage.compose("up", "--detach")
        await self._until(version)

    async def roll_back(self, version: str) -> None:
        """Stop the gateway, restore over the migrated database, run the previous version."""
        await self.stage.compose("stop", "gateway")
        # It ends with errors and leaves new tables behind; the document's reader would go on all the same.
        await self._in_database("sh", "-c", f"pg_restore -U {USER} -d {DATABASE} -c {DUMP} || true", plain=True)
        self.stage.write(version)
        await self.stage.compose("up", "--detach")
        await self._until(version)

    async def _in_database(self, *words: str, plain: bool = False) -> None:
        login = () if plain else ("-U", USER, "-d", DATABASE)
        await self.stage.compose("exec", "--no-TTY", *self.stage.login, "db", *words, *login)

    async def _until(self, version: str) -> None:
        async with Probe.open(self.stage.config, self.product) as probe, asyncio.timeout(COMMAND_SECONDS):
            while await probe.version() != version:  # noqa: ASYNC110  it is asked over HTTP
                await asyncio.sleep(POLL_SECONDS)


@dataclass
class Bench:
    """A running Astrolabe beside an engine and a registry with both versions."""

    folder: Path
    asking: AuthenticatedRequest
    registry: ImageRegistry
    product: Product
    rows: int
    cutover: Cutover = "verified"
    measures: list[Measure] = field(default_factory=list)

    async def measure(self, way: str, number: int) -> None:
        """Let one way upgrade a project of its own, whose engine has the old image only, and take it back."""
        stage = await ComposeStage.build(Screen(), self.folder, PORT, self.registry.address)
        await stage.begin(OLD)
        try:
            for statement in (FILL.format(rows=self.rows), *SETTLE):
                ask = ("psql", "-h", "127.0.0.1", "-U", USER, "-qc", statement, DATABASE)
                await stage.compose("exec", "--no-TTY", *stage.login, "db", *ask)
            made = Measure(way, STATE, number, *await WAYS[way](self, stage))
            self.measures.append(made)
            print(told(made), flush=True)
        finally:
            await stage.stop()
            await _forget(f"{self.registry.address}/unleash-server")

    async def typed(self, stage: ComposeStage) -> tuple[float, float, float, float]:
        """Measure the document's commands."""
        script = TypedCompose(stage, self.product)
        up = await timed(stage.config, self.product, lambda: script.upgrade(NEW))
        return (*up, *await timed(stage.config, self.product, lambda: script.roll_back(OLD)))

    async def asked(self, stage: ComposeStage) -> tuple[float, float, float, float]:
        """Measure an upgrade asked for over the API."""
        return await self.asking.up_and_back(replace(stage.config, cutover=self.cutover), self.product, OLD, NEW)


WAYS: Mapping[str, Callable[[Bench, ComposeStage], Awaitable[tuple[float, float, float, float]]]] = {
    SCRIPT: Bench.typed,
    OURS: Bench.asked,
}


async def _forget(repository: str) -> None:
    """Let the engine forget all images of a repository, so that the next one pulls as well."""
    env = inherited()
    listed = await shell.run(("docker", "images", "--quiet", repository), env=env, deadline=COMMAND_SECONDS)
    if found := sorted(set(listed.stdout.split())):
        await shell.run(("docker", "rmi", "--force", *found), env=env, deadline=COMMAND_SECONDS)


async def bench(folder: Path, rounds: int, rows: int, cutover: Cutover) -> list[Measure]:
    """Start everything, and let both ways take turns."""
    trees = {version: await fetch(Screen(), folder, version) for version in (OLD, NEW)}
    async with ImageRegistry(folder / "registry", REGISTRY_PORT) as registry:
        await publish(registry, folder, trees)
        named = products(folder, registry.address)
        async with astrolabe(folder, (named,)) as asking:
            made = Bench(folder, asking, registry, load_products([named])["unleash"], rows, cutover)
            for number in range(1, rounds + 1):
                for way in WAYS if number % 2 else reversed(tuple(WAYS)):
                    await made.measure(way, number)
            return made.measures


async def _fetched(folder: Path) -> None:
    for version in (OLD, NEW):
        await fetch(Screen(), folder, version)


def main() -> None:
    """Fetch both versions, then become the same command beside an engine; measure, print a table, keep the numbers."""
    parser = argparse.ArgumentParser(prog="python -m bench.composing", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured")
    parser.add_argument("--rows", type=int, default=150_000, help="rows of half a kilobyte in the instance's database")
    parser.add_argument(
        "--cutover", choices=get_args(Cutover), default="verified", help="when Astrolabe lets others in"
    )
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if own.inside():
        free_or_say()
        measures = asyncio.run(bench(asked.folder, asked.rounds, asked.rows, asked.cutover))
        print(f"\n{table(measures)}\nkept in {kept(measures, asked.rows)}")
        return
    if why := own.lacking():
        raise SystemExit(f"This needs a container engine of its own, and cannot start one: {why}.")
    folder = Path(mkdtemp(prefix="astrolabe-bench-"))
    try:
        asyncio.run(_fetched(folder))
        words = ("--rounds", str(asked.rounds), "--rows", str(asked.rows), "--folder", str(folder))
        words += ("--cutover", asked.cutover)
        command = own.beside([sys.executable, "-m", "bench.composing", *words])
        asyncio.run(_beside(command))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _beside(command: list[str]) -> None:
    await shell.run(command, env=dict(os.environ), deadline=3600, on_line=lambda line: print(line, flush=True))


if __name__ == "__main__":
    main()
