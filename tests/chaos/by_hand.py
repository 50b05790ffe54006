"""Lets the same faults befall a page's commands that a script types, and Astrolabe: `python -m tests.chaos.by_hand`."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from signal import SIGKILL
from typing import Final
from urllib.parse import urlsplit

import uvloop
from msgspec import Struct
from typing_extensions import override

from astrolabe.workers.programs.shell import Child, supervise
from tests.chaos.__main__ import CACHE, end_as_by_ctrl_c
from tests.chaos.case import CASES, KILLED, LATER_MS, SETTINGS, Case
from tests.chaos.evidence import Gateways, Rows
from tests.chaos.falling_servers import DOWN_SECONDS, full
from tests.chaos.gathering import gateways_of, rows_of
from tests.chaos.house import HOME, House
from tests.chaos.judging.writes import acknowledged, missing
from tests.chaos.record import names
from tests.chaos.run import SETTLED_SECONDS, WARM_SECONDS
from tests.chaos.runner import Runner
from tests.chaos.scenario import PATIENCE_SECONDS
from tests.chaos.site import PASSWORD, Site
from tests.chaos.target import OLD, PRODUCT, migrations
from tests.chaos.writers import writing
from tests.standin import npm
from tests.standin.npm import pg_modules
from tests.standin.releases import packages

POLL_SECONDS: Final = 0.02
STEPS: Final = "steps"


class Outcome(Struct, frozen=True):
    """How it ended: writes that were acknowledged, those that the live database has not, and who serves on what."""

    written: int
    missing: int
    gateways: Gateways
    live: Rows | None
    broken: Sequence[str] = ()

    @override
    def __str__(self) -> str:
        """Write it as a cell of the table."""
        version = self.gateways.version
        ends = f"{version} serves" if version and self.gateways.takes_writes else f"{version or 'nobody'} takes writes"
        if len(self.gateways.pids) > 1:
            ends += f", {len(self.gateways.pids)} gateways run"
        if version and (self.live is None or self.live.migrations != migrations(version)):
            ends += ", on a database that is not its own"
        return f"{self.missing} of {self.written} lost; {ends}{''.join(f'; BROKEN {each}' for each in self.broken)}"


async def typed(house: House, case: Case) -> Outcome:
    """Let a script type the page's commands."""
    made = Site.made(
        house, PRODUCT, supervised=case.supervised, cutover=None, settings=SETTINGS, patience_seconds=PATIENCE_SECONDS
    )
    async with made as site:
        async with AsyncExitStack() as writers:
            for which in case.writers:
                await writers.enter_async_context(writing(which, site.folder, site.url, site.database_url))
            await asyncio.sleep(WARM_SECONDS)
            await _carried_out(site, case)
            await house.mend()
            await asyncio.sleep(SETTLED_SECONDS)
        written = [name for which in case.writers for name in names(site.folder / which)]
        live, gateways = await rows_of(site, site.database), await gateways_of(site)
        return Outcome(len(written), sum(name not in live.items for name in written), gateways, live)


async def _carried_out(site: Site, case: Case) -> None:
    script = _script(site, case)
    if case.step:
        while case.step not in names(site.folder / STEPS) and script.returncode is None:
            await asyncio.sleep(POLL_SECONDS)
        await asyncio.sleep(LATER_MS / 1000)
        if case.fault == KILLED:
            script.signal(SIGKILL)
            await script.wait()
            script = _script(site, case)
        elif case.fault == "database crashed":
            await site.house.instances.crash(DOWN_SECONDS)
        else:
            await full(site.house.instances.disk, site.house.instances)
    await script.wait()


def _script(site: Site, case: Case) -> Child:
    where, place = urlsplit(site.database_url), urlsplit(site.url)
    env = {
        **npm.environment(site.house.registry.url, site.folder),
        **SETTINGS,
        "DATABASE_URL": site.database_url,
        "HTTP_HOST": "127.0.0.1",
        "HTTP_PORT": str(place.port),
        "PGHOST": "127.0.0.1",
        "PGPORT": str(where.port),
        "PGUSER": str(where.username),
        "PGPASSWORD": PASSWORD,
        "PGDATABASE": site.database,
        "PYTHONPATH": str(HOME),
    }
    argv = [sys.executable, "-m", "tests.chaos.typed", OLD, case.version]
    return supervise(argv, env=env, log=site.folder / STEPS, cwd=site.folder)


async def asked(house: House, case: Case) -> Outcome:
    """Let Astrolabe carry it out."""
    ended = await Runner(house)(case.scenario)
    evidence = ended.evidence
    lost, written = len(missing(evidence)), len(acknowledged(evidence))
    return Outcome(written, lost, evidence.gateways, evidence.live, [str(each) for each in ended.violations])


async def compare(wanted: Sequence[Case]) -> bool:
    """Let every case befall both, and write a table; return whether Astrolabe kept its promises."""
    broken = False
    end_as_by_ctrl_c()
    async with House.open(packages(pg_modules(CACHE))) as house:
        print("| what befalls it | the page's commands, typed | Astrolabe |\n|---|---|---|", flush=True)  # noqa: T201
        for case in wanted:
            by_hand, ours = await typed(house, case), await asked(house, case)
            broken = broken or bool(ours.broken)
            print(f"| {case.what} | {by_hand} | {ours} |", flush=True)  # noqa: T201  what is asked for
    return not broken


def main() -> int:
    """Compare; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.by_hand", description=__doc__)
    parser.add_argument("--only", default="", help="cases whose description has this in it")
    only = parser.parse_args().only
    return 0 if uvloop.run(compare([each for each in CASES if only in each.what])) else 1


if __name__ == "__main__":
    sys.exit(main())
