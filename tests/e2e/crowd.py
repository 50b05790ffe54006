"""A crowd: many instances on one host, what its worker lets run at once, and what each upgrade says meanwhile."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psutil

from astrolabe.store.database import Database
from astrolabe.workers.programs.shell import Child
from tests.e2e.processes import Astrolabe
from tests.waiting import while_at_work
from tests.world import World

POLL_SECONDS = 0.1
PLACES = 2
LEASE_SECONDS = 4
OBSERVE_SECONDS = 1

LEASES = "SELECT resource::text, fence, holder, expires_at FROM lease WHERE expires_at > clock_timestamp()"


@dataclass
class Crowd:
    """Instances of one host that run, an Astrolabe that knows them, and its one worker."""

    astrolabe: Astrolabe
    members: Sequence[World]
    worker: Child
    most: Counter[str] = field(default_factory=Counter)
    """How many processes of each program the worker had at once at the most."""

    @classmethod
    @contextlib.asynccontextmanager
    async def gathered(cls, astrolabe: Astrolabe, members: Sequence[World]) -> AsyncIterator["Crowd"]:
        """Register running instances, and start a worker whose processes are counted."""
        for member in members:
            await astrolabe.register(member.config, "1.1.0")
            member.instance_id = (await astrolabe.get(f"/instances/{member.config.name}"))["id"]
        astrolabe.environment |= {
            "ASTROLABE_WORKER_PLACES": str(PLACES),
            "ASTROLABE_LEASE_SECONDS": str(LEASE_SECONDS),
            "ASTROLABE_OBSERVE_SECONDS": str(OBSERVE_SECONDS),
        }
        made = cls(astrolabe, members, astrolabe.worker())
        async with while_at_work(made._count()):
            yield made

    def running(self) -> Counter[str]:
        """Count the worker's processes by their programs: pg_dump, and npm's commands."""
        found: Counter[str] = Counter()
        for each in psutil.Process(self.worker.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                found[_program(each.cmdline())] += 1
        return found

    async def _count(self) -> None:
        while True:
            self.most |= self.running()
            await asyncio.sleep(POLL_SECONDS)

    async def ask(self, member: World, target: str) -> str:
        """Ask for an upgrade; return its id."""
        return (await self.astrolabe.post("/upgrades", instance=member.config.name, target=target))["id"]

    async def waiting(self, upgrades: Sequence[str], work: str, many: int) -> None:
        """Wait until so many upgrades say that they wait for a place, and behind how many others."""
        begins = f"waiting for one of {PLACES} places for {work}"
        wanted = {f"{begins}, next in line", *(f"{begins}, behind {before} more" for before in range(1, many))}
        shown: list[str] = []
        try:
            async with asyncio.timeout(60):
                while {each for each in shown if each.startswith("waiting")} != wanted:
                    await asyncio.sleep(POLL_SECONDS)
                    shown = [await self._shown(each) for each in upgrades]
        except TimeoutError:
            raise AssertionError(f"{shown}\n{self.astrolabe.said()}") from None

    async def _shown(self, upgrade_id: str) -> str:
        progress = (await self.astrolabe.get(f"/upgrades/{upgrade_id}"))["progress"]
        return progress["message"] if progress else ""

    async def ended(self, upgrades: Sequence[str]) -> list[str]:
        """Wait until upgrades have ended; return how."""
        return [(await self.astrolabe.done(each))["status"] for each in upgrades]

    async def begun(self, upgrade_id: str) -> list[tuple[str, str]]:
        """List which steps an upgrade began, and whose."""
        events = await self.astrolabe.events(upgrade_id)
        return [(each["data"]["step"], each["data"]["worker"]) for each in events if each["type"] == "step_started"]


async def leases(database: Database) -> Mapping[str, Any]:
    """Return every lease that is held, by what it is of."""
    return {each["resource"]: each for each in await database.pool.fetch(LEASES)}


async def renewed(database: Database, held: Mapping[str, Any]) -> None:
    """Wait until leases would have run out, had nobody renewed them; what became of them is not judged here."""
    once = "SELECT clock_timestamp() > $1"
    while not await database.pool.fetchval(once, max(each["expires_at"] for each in held.values())):
        await asyncio.sleep(POLL_SECONDS)


@contextlib.asynccontextmanager
async def undumpable(members: Sequence[World]) -> AsyncIterator[None]:
    """Hold a table in each database that nothing but a dump reads: its pg_dump waits for it."""
    async with contextlib.AsyncExitStack() as held:
        for member in members:
            connection = await member.connects()
            held.push_async_callback(connection.close)
            await connection.execute("BEGIN; LOCK TABLE labels IN ACCESS EXCLUSIVE MODE")
        yield


def _program(argv: Sequence[str]) -> str:
    words = " ".join(argv[:1]).split()
    if words and words[0].endswith("/pg_dump") and "--file" in argv:  # preflight asks it for its version
        return "pg_dump"
    if words[:1] == ["npm"]:  # it writes what it does over the words that it was started with
        return " ".join(words[:2])
    return "another"
