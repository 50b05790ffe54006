"""Measures the downtime of compose upgrades that keep many files: `python -P -m bench.keeping [--rounds N]`.

As root on Linux, on a container engine of its own. The folder of one project holds a hundred times what another's does.
"""

import argparse
import asyncio
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import mkdtemp
from typing import Final

from msgspec import Struct, to_builtins
from msgspec.structs import replace

from astrolabe.cli.demo.compose_stage import NEW, OLD, ComposeStage, products, publish
from astrolabe.cli.demo.compose_story import REGISTRY_PORT, fetch
from astrolabe.cli.demo.screen import Screen
from astrolabe.cli.private_engine import own
from astrolabe.cli.private_engine.registry import ImageRegistry
from astrolabe.domain.instances.file_rules import FileRules
from astrolabe.domain.products.product import Product
from astrolabe.store.products.catalogue import load_products
from astrolabe.workers.programs import shell
from bench.asking import PORT, AuthenticatedRequest, astrolabe, free_or_say
from bench.results import keep

MEGABYTES: Final = (50, 5000)
OF_EACH: Final = 1 << 20
"""Bytes of each file; none of them is like another, or has a hole."""

KEPT: Final = "/srv/files"
OVERRIDE: Final = f"services: {{gateway: {{volumes: ['./files:{KEPT}']}}}}\n"


class Measure(Struct, frozen=True):
    """What an upgrade and its way back took with so many megabytes in a folder that is kept, in seconds."""

    megabytes: int
    round: int
    upgrade: float
    upgrade_downtime: float
    rollback: float
    rollback_downtime: float


async def measure(asking: AuthenticatedRequest, stage: ComposeStage, product: Product, many: int, turn: int) -> Measure:
    """Upgrade a project with so many megabytes of files, and take it back."""
    (stage.folder / "compose.override.yaml").write_text(OVERRIDE)
    await asyncio.to_thread(_fill, stage.folder / "files", many)
    await stage.begin(OLD)
    config = replace(stage.config, files=FileRules(keep=(KEPT,)))
    try:
        return Measure(many, turn, *await asking.up_and_back(config, product, OLD, NEW))
    finally:
        await stage.stop()
        await asyncio.to_thread(shutil.rmtree, stage.folder)


def _fill(folder: Path, many: int) -> None:
    folder.mkdir()
    for number in range(many):
        (folder / f"{number:05}").write_bytes(os.urandom(OF_EACH))


async def bench(folder: Path, rounds: int) -> list[Measure]:
    """Start everything, and let both sizes take turns."""
    trees = {version: await fetch(Screen(), folder, version) for version in (OLD, NEW)}
    measures: list[Measure] = []
    async with ImageRegistry(folder / "registry", REGISTRY_PORT) as registry:
        await publish(registry, folder, trees)
        named = products(folder, registry.address)
        async with astrolabe(folder, (named,)) as asking:
            for turn in range(1, rounds + 1):
                for many in MEGABYTES if turn % 2 else reversed(MEGABYTES):
                    stage = await ComposeStage.build(Screen(), folder, PORT, registry.address)
                    made = await measure(asking, stage, load_products([named])["unleash"], many, turn)
                    measures.append(made)
                    print(to_builtins(made), flush=True)
    return measures


def table(measures: Sequence[Measure]) -> str:
    """Write the medians as a Markdown table."""
    rows = ["| files | upgrade, s | downtime, s | rollback, s | downtime, s |", "|---|---|---|---|---|"]
    for many in MEGABYTES:
        ours = [each for each in measures if each.megabytes == many]
        took = ("upgrade", "upgrade_downtime", "rollback", "rollback_downtime")
        cells = [f"{median(getattr(each, what) for each in ours):.1f}" for what in took]
        rows.append(f"| {many:,} of 1 MB | {' | '.join(cells)} |")
    return "\n".join(rows)


def main() -> None:
    """Fetch both versions, then become the same command beside an engine; measure, print a table, keep the numbers."""
    parser = argparse.ArgumentParser(prog="python -m bench.keeping", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each size is measured")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if own.inside():
        free_or_say()
        measures = asyncio.run(bench(asked.folder, asked.rounds))
        print(f"\n{table(measures)}\nkept in {keep('files', {'measures': to_builtins(measures)})}")
        return
    if why := own.lacking():
        raise SystemExit(f"This needs a container engine of its own, and cannot start one: {why}.")
    folder = Path(mkdtemp(prefix="astrolabe-bench-"))
    try:
        asyncio.run(_beside(folder, asked.rounds))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _beside(folder: Path, rounds: int) -> None:
    for version in (OLD, NEW):  # beside the engine there is no network to fetch them from
        await fetch(Screen(), folder, version)
    command = own.beside([sys.executable, "-m", "bench.keeping", "--rounds", str(rounds), "--folder", str(folder)])
    await shell.run(command, env=dict(os.environ), deadline=3600, on_line=lambda line: print(line, flush=True))


if __name__ == "__main__":
    main()
