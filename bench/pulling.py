"""Measures the pull of an npm product beside `npm install` by hand: `python -m bench.pulling [--rounds N]`."""

import argparse
import asyncio
import os
import shutil
import sys
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from tempfile import mkdtemp

import msgspec
from msgspec import Struct

from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.plans.plan import Artifact
from astrolabe.domain.products.product_file import parse_product
from astrolabe.store.ids import new_id
from astrolabe.store.ports import free_port
from astrolabe.workers.instance import process
from astrolabe.workers.instance.host import Host
from astrolabe.workers.instance.secret import Secrets
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.npm import npm
from astrolabe.workers.kinds.npm.npx import NpxDriver
from astrolabe.workers.programs import shell, tools
from bench import standing
from bench.aside import put_aside
from bench.page import PAGE, between
from bench.results import keep

INSTALL_SECONDS = 1800
POLL_SECONDS = 0.05
HAND, NEW, RUNS = "npm install by hand", "the new version", "the running version"
PRODUCT = """
name = "pulled"
title = "Pulled"

[npm]
package = "{package}"
bin = "{bin}"
"""


class Pull(Struct, frozen=True):
    """What one install or pull took on a host, in seconds, and npm's and our own processor time in it."""

    what: str
    host: str
    round: int
    seconds: float
    processor_seconds: float


class Puller:
    """A host whose owner runs an old version from a tree that npm made, with what npm's cache holds of it."""

    def __init__(self, folder: Path, package: str, old: str, new: str) -> None:
        self._folder: Path = folder
        self._package: str = package
        self._old: str = old
        self._new: str = new
        self._artifacts: dict[str, Artifact] = {}
        self.pulls: list[Pull] = []

    async def prepare(self) -> None:
        """Install the old version by hand on a cold host, and both on a warm one."""
        for host, versions in (("cold", (self._old,)), ("warm", (self._old, self._new))):
            self._use(self._folder / f"cache-{host}")
            for version in versions:
                await self._by_hand(version, self._folder / f"{host}-{version}")
        for version in (self._old, self._new):
            self._artifacts[version] = (await self._driver(self._folder / "asked", 1).resolve(version)).artifact

    async def round(self, number: int) -> None:
        """Let both ways take turns, each on a cold and on a warm host."""
        for host in ("cold", "warm"):
            for way in (HAND, NEW) if number % 2 else (NEW, HAND):
                await self._measure(way, host, number)
            await self._measure(RUNS, host, number)

    async def _measure(self, what: str, host: str, number: int) -> None:
        cache, into = self._folder / "cache", self._folder / "into"
        for each in (cache, into):
            put_aside(each, self._folder)
        await asyncio.to_thread(shutil.copytree, self._folder / f"cache-{host}", cache, symlinks=True)
        os.sync()  # what was written before is nobody's to wait for
        self._use(cache)
        async with self._running(self._folder / f"{host}-{self._old}") as port:
            took, began = _processor_seconds(), time.monotonic()
            if what == HAND:
                await self._by_hand(self._new, into)
            else:
                await self._pulled(into, port, self._artifacts[self._new if what == NEW else self._old])
            seconds = time.monotonic() - began
        made = Pull(what, host, number, seconds, _processor_seconds() - took)
        self.pulls.append(made)
        print(
            f"round {number}, {host} {what:<20} {seconds:6.1f} s, {made.processor_seconds:5.1f} s of work", flush=True
        )

    async def _pulled(self, into: Path, port: int, artifact: Artifact) -> None:
        driver = self._driver(into, port)
        if said := await driver.pull(artifact, lambda _: None):
            print(f"  {said}")

    async def _by_hand(self, version: str, into: Path) -> None:
        words = ("install", "--prefix", into, f"{self._package}@{version}", "--ignore-scripts")
        into.mkdir(parents=True)
        await shell.run([*tools.npm(), *words], env=npm.environment(), cwd=into, deadline=INSTALL_SECONDS)

    def _driver(self, folder: Path, port: int) -> NpxDriver:
        text = PRODUCT.format(package=self._package, bin=self._package.rpartition("/")[2])
        host = Host("local", folder, {"pulled": parse_product(text, "pulled.toml")}, Secrets([]))
        return NpxDriver(Site(host, new_id(), InstanceConfig("pulled", "pulled", port)))

    @staticmethod
    def _use(cache: Path) -> None:
        os.environ["NPM_CONFIG_CACHE"] = str(cache)

    @asynccontextmanager
    async def _running(self, tree: Path) -> AsyncGenerator[int]:
        """Let something run from a tree as its gateway does."""
        port, package = free_port(), tree / "node_modules" / self._package
        script = shutil.copy(standing.__file__, package / "standing.py")
        child = shell.supervise([sys.executable, script, str(port)], env=npm.environment(), log=self._folder / "log")
        try:
            while process.listener(port) is None:  # noqa: ASYNC110  another process sets no event
                await asyncio.sleep(POLL_SECONDS)
            yield port
        finally:
            await child.stop()
            Path(script).unlink()


def _processor_seconds() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def table(pulls: Sequence[Pull]) -> str:
    """Relate each pull to the install by hand of the same round, as a Markdown table."""
    head = "| host | what | s | processor, s | / by hand | spread |\n|---|---|---|---|---|---|\n"
    return head + "".join(_row(pulls, host, what) for host in ("cold", "warm") for what in (HAND, NEW, RUNS))


def _row(pulls: Sequence[Pull], host: str, what: str) -> str:
    made = {each.round: each for each in pulls if (each.host, each.what) == (host, what)}
    by_hand = {each.round: each.seconds for each in pulls if (each.host, each.what) == (host, HAND)}
    ratios = [each.seconds / by_hand[number] for number, each in made.items()]
    middle = (median(each.seconds for each in made.values()), median(each.processor_seconds for each in made.values()))
    cells = (host, what, *(f"{each:.1f}" for each in middle), f"{median(ratios):.2f}")
    return f"| {' | '.join(cells)} | {min(ratios):.2f} to {max(ratios):.2f} |\n"


async def bench(package: str, old: str, new: str, rounds: int) -> list[Pull]:
    """Prepare a cold and a warm host, and measure."""
    folder = Path(await asyncio.to_thread(mkdtemp, prefix="astrolabe-pulling-"))
    try:
        puller = Puller(folder, package, old, new)
        print(f"npm installs {package} {old} and {new} first, for the hosts that have them already", flush=True)
        await puller.prepare()
        for number in range(1, rounds + 1):
            await puller.round(number)
        return puller.pulls
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def main() -> None:
    """Measure, print a table and keep the numbers."""
    parser = argparse.ArgumentParser(prog="python -m bench.pulling", description=__doc__)
    parser.add_argument("--package", default="parse-server", help="the package, whose command has its name")
    parser.add_argument("--old", default="8.2.0", help="the version that runs")
    parser.add_argument("--new", default="8.6.0", help="the version that is pulled")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured")
    parser.add_argument("--page", action="store_true", help="write the table into docs/performance.md")
    asked = parser.parse_args()
    pulls = asyncio.run(bench(asked.package, asked.old, asked.new, asked.rounds))
    written = table(pulls)
    print(f"\n{written}\nkept in {keep('pulling', {'package': asked.package, 'pulls': msgspec.to_builtins(pulls)})}")
    if asked.page:
        PAGE.write_text(between(PAGE.read_text("utf-8"), "pull", written), "utf-8")


if __name__ == "__main__":
    main()
