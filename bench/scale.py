"""Measures how much one worker and one log hold: `python -m bench.scale rest|busy|log`."""

import argparse
import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from astrolabe.store.database import Database
from astrolabe.store.ids import new_id
from astrolabe.store.log.log import Log
from astrolabe.store.log.tail import Tail
from astrolabe.workers.programs import shell
from astrolabe.workers.programs.places import places_of_host
from bench.carrying import Asking
from bench.household import Household
from bench.results import keep
from bench.server import HOME, environment, postgres, valkey
from bench.stepping import HOST
from bench.usage import share, usage

OBSERVE_SECONDS = 60
SETTLED_SECONDS = 75.0
LOOK_SECONDS = 0.2
MOST_SESSIONS = 1000
"""More than are ever needed, so that what is needed can be seen."""
PATIENCE_SECONDS = 300.0
READY = "carries out what is due"
NPM = "npm-cli.js"
TITLE = "npm "
"""How npm names its process once it has begun, over the words that it was started with."""
SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE datid IS NOT NULL"


async def rest(instances: int, minutes: int) -> dict[str, object]:
    """Let instances rest; return the worker's share of a core, and how many were not observed every minute."""
    async with Household.running(instances) as household:
        await asyncio.sleep(SETTLED_SECONDS)
        looks, before, began = await household.looks(), usage(household.pid), time.monotonic()
        await asyncio.sleep(minutes * OBSERVE_SECONDS)
        seconds = time.monotonic() - began
        shares, after = share(before, usage(household.pid), seconds), await household.looks()
    missed = [port for port, many in after.items() if many - looks[port] < minutes]
    return {"instances": instances, "worker": shares["worker"], "all": shares["all"], "missed": len(missed)}


async def busy(instances: int, upgrades: int, seconds: float) -> dict[str, object]:
    """Ask for many upgrades at once, all of which wait for npm; return what became of it and of those at rest."""
    async with Household.running(instances) as household:
        await asyncio.sleep(SETTLED_SECONDS)
        for port in household.ports[:upgrades]:
            await household.upgrade(port)
        looks, began, most = await household.looks(), time.monotonic(), 0
        while time.monotonic() - began < seconds:
            most = max(most, _npms(household.pid))
            await asyncio.sleep(LOOK_SECONDS)
        after = await household.looks()
    resting = [str(port) for port in household.ports[upgrades:]]
    missed = [port for port in resting if after[port] - looks[port] < int(seconds) // OBSERVE_SECONDS]
    places = places_of_host()
    return {"upgrades": upgrades, "most_npm": most, "places": places, "resting": len(resting), "missed": len(missed)}


def _npms(pid: int) -> int:
    found = 0
    for child in psutil.Process(pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            words = child.cmdline()
            found += any(word.endswith(NPM) for word in words) or " ".join(words).startswith(TITLE)
    return found


async def log(apis: int, relays: int, workers: int, clients: int, seconds: float) -> dict[str, object]:
    """Let many processes share a log; return upgrades of five steps that do nothing a second, and sessions."""
    async with postgres(MOST_SESSIONS) as server, valkey() as redis:
        host, most = f"bench-{new_id()[-12:]}", 0
        env = environment(ASTROLABE_BENCH_URL=server.url(), ASTROLABE_BENCH_REDIS=redis, **{HOST: host})

        async def watch(database: Database) -> None:
            nonlocal most
            while True:
                most = max(most, await database.pool.fetchval(SESSIONS))
                await asyncio.sleep(LOOK_SECONDS)

        async with (
            _processes(env, apis, relays, workers),
            Database(server.url(), pool_size=4) as database,
            Tail(database) as tail,
        ):
            asking = Asking(Log(database), tail, host)
            beside = [asyncio.create_task(each) for each in (asking.follow(), watch(database))]
            await asking.upgrade()
            began = time.perf_counter()
            speed = await asking.together(clients, seconds) / (time.perf_counter() - began)
            for each in beside:
                each.cancel()
    return {"apis": apis, "relays": relays, "workers": workers, "a_second": speed, "sessions": most}


@contextlib.asynccontextmanager
async def _processes(env: dict[str, str], apis: int, relays: int, workers: int) -> AsyncGenerator[None]:
    modules = ["bench.serving"] * apis + ["bench.relaying"] * relays + ["bench.stepping"] * workers
    with TemporaryDirectory() as folder:
        children = [
            shell.supervise([sys.executable, "-m", module], env=env, log=Path(folder) / f"{nth}.log", cwd=HOME)
            for nth, module in enumerate(modules)
        ]
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                for nth in range(apis + relays, len(modules)):
                    await _until_ready(Path(folder) / f"{nth}.log")
            yield
        finally:
            await asyncio.gather(*(child.stop() for child in children))


async def _until_ready(log: Path) -> None:
    """Wait until a worker says that it carries out: so many take a minute to load, which is not what is measured."""
    while READY not in log.read_text("utf-8"):  # noqa: ASYNC110  a file
        await asyncio.sleep(LOOK_SECONDS)


def main() -> None:
    """Measure one of the three, print and keep what came of it; the exit code is 1 where an instance was not seen."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("what", choices=("rest", "busy", "log"))
    parser.add_argument("--instances", type=int, default=1000)
    parser.add_argument("--minutes", type=int, default=5)
    parser.add_argument("--upgrades", type=int, default=100)
    parser.add_argument("--apis", type=int, default=3)
    parser.add_argument("--relays", type=int, default=2)
    parser.add_argument("--workers", type=int, default=50)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=20.0)
    asked = parser.parse_args()
    match asked.what:
        case "rest":
            found = asyncio.run(rest(asked.instances, asked.minutes))
        case "busy":
            found = asyncio.run(busy(asked.instances, asked.upgrades, asked.minutes * OBSERVE_SECONDS))
        case _:
            found = asyncio.run(log(asked.apis, asked.relays, asked.workers, asked.clients, asked.seconds))
    print(f"{found}\nload {os.getloadavg()[0]:.1f}; kept in {keep(f'scale-{asked.what}', found)}")
    sys.exit(1 if found.get("missed") else 0)


if __name__ == "__main__":
    main()
