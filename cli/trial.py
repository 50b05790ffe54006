"""A trial: a product's old version, a new one that is taken back, the new one, and the way back, in a scratch place."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal, Self

from msgspec import Struct

from astrolabe.cli.printing import note
from astrolabe.cli.scratch import BY_ITS_OWNER, NO_QUEUE, checked, make_database, start_version
from astrolabe.cli.supervisor import Supervisor
from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.instances.registration import needs_database
from astrolabe.domain.problem import Problem
from astrolabe.domain.products.product import Product
from astrolabe.domain.recorded import Cause
from astrolabe.domain.upgrades.commands import Command, Register, RequestRollback, RequestUpgrade
from astrolabe.domain.upgrades.events import Event
from astrolabe.domain.upgrades.states import Idle
from astrolabe.domain.words import SettingName, Version
from astrolabe.store.database import Database
from astrolabe.store.ids import new_id
from astrolabe.store.log.log import Log
from astrolabe.store.migrate import migrate
from astrolabe.store.ports import free_port
from astrolabe.store.streams.instances import Instances
from astrolabe.workers.instance import process
from astrolabe.workers.instance.host import Host
from astrolabe.workers.instance.secret import Secrets
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.npm.npx import NpxDriver
from astrolabe.workers.programs.environment import inherited
from astrolabe.workers.worker.carry_out import CarryOut

LEASE_SECONDS: Final = 30.0
CAUSE: Final = Cause("astrolabe products try", "to try a product file", "cli")

Part = Literal["start", "failure", "upgrade", "rollback"]


class Tried(Struct, frozen=True):
    """What came of a part of a trial."""

    part: Part
    """Which part: the old version's start, an upgrade whose new version is killed, an upgrade, and the way back."""
    version: Version
    """The version that was to run at its end."""
    ok: bool
    """Whether it ended as it must."""
    outcome: str
    """How it ended."""
    downtime_ms: int | None = None
    """For how long nobody was served, in milliseconds; null where nothing was stopped."""
    why: str = ""
    """What went wrong in it; empty where nothing did."""


async def try_versions(
    product: Product,
    settings: dict[SettingName, str],
    folder: Path,
    versions: tuple[Version, Version],
    started_in: str | None = None,
) -> list[Tried]:
    """Try an old and a new version of a product in a folder, with a PostgreSQL server of its own there.

    `started_in` is the folder that the gateway is started in, None for an empty one.
    """
    environment = {**inherited(), "REDIS_URL": NO_QUEUE}
    async with Supervisor(folder, environment=environment, children=(), say=note, fast=True) as servers:
        url = servers.environment["DATABASE_URL"]
        await migrate(url)
        trial = await Trial.prepare(product, settings, folder, url, started_in)
        return await trial.run(*versions, note)


class Trial:
    """One product in a scratch place, on a log's PostgreSQL that has a database for it as well."""

    def __init__(self, product: Product, config: InstanceConfig, folder: Path, log_url: str) -> None:
        self._product: Final = product
        self._config: Final = config
        self._folder: Final = folder
        self._log_url: Final = log_url
        self._id: Final = new_id()
        self._host: Final = Host("local", folder, {product.name: product}, Secrets([folder / "secrets"]))

    @classmethod
    async def prepare(
        cls, product: Product, settings: dict[SettingName, str], folder: Path, log_url: str, started_in: str | None
    ) -> Self:
        """Make what an instance of the product needs in a folder, on the server of the log."""
        name = f"trial_{secrets.token_hex(4)}"
        kept = folder / "secrets" / name.replace("_", "-")
        kept.mkdir(mode=0o700, parents=True)
        database = None
        if needs_database(product):
            database = await make_database(log_url, name, secrets.token_hex(16), kept)
        port = free_port() if product.health.by == "http" else None
        config = InstanceConfig(kept.name, product.name, port, database=database, settings=settings, folder=started_in)
        return cls(product, checked(config, product), folder, log_url)

    async def run(self, old: Version, new: Version, say: Callable[[str], None]) -> list[Tried]:
        """Try everything in turn; end with the first part that does not end as it must."""
        parts: list[Tried] = []
        try:
            say(f"{self._product.title} {old} is installed by npm, which may take minutes, and started.")
            parts.append(await self._start(old))
            async with Database(self._log_url, pool_size=4) as database:
                instances = Instances(Log(database))
                worker = CarryOut(database, self._host, "trial", lease_seconds=LEASE_SECONDS)
                for tried in ("failure", "upgrade", "rollback"):
                    if not parts[-1].ok:
                        break
                    say(_SAYS[tried].format(old=old, new=new))
                    parts.append(await self._part(tried, (old, new), instances, worker))
        finally:
            await self._end()
        return parts

    async def _start(self, old: Version) -> Tried:
        driver = NpxDriver(Site(self._host, self._id, self._config))
        ok, outcome, why = await start_version(driver, self._config, self._product, old, BY_ITS_OWNER)
        return Tried("start", old, ok=ok, outcome=outcome, why=why)

    async def _part(
        self, part: Part, versions: tuple[Version, Version], instances: Instances, worker: CarryOut
    ) -> Tried:
        old, new = versions
        loaded = await instances.load(self._id)
        if part == "failure":
            loaded = await instances.execute(loaded, Register(self._config, old), CAUSE)
        since = loaded.version
        command: Command = RequestUpgrade(new_id(), new)
        if part == "rollback" and isinstance(loaded.state, Idle) and loaded.state.instance.succeeded:
            command = RequestRollback(loaded.state.instance.succeeded.upgrade_id, accept_lost_writes=True)
        await instances.execute(loaded, command, CAUSE)
        meddling = asyncio.create_task(self._kill_the_new_version()) if part == "failure" else None
        try:
            await worker(self._id)
        finally:
            if meddling:
                meddling.cancel()
        loaded = await instances.load(self._id)
        happened = [each.event for each in loaded.history if each.version > since]
        wanted, version = ("succeeded", new) if part == "upgrade" else ("rolled_back", old)
        state = loaded.state
        last = state.instance.last if isinstance(state, Idle) else None
        outcome = last.outcome if last else type(state).__name__.lower()
        ok = outcome == wanted and isinstance(state, Idle) and state.instance.version == version
        return Tried(part, version, ok=ok, outcome=outcome, downtime_ms=_downtime(happened), why=_why(happened))

    async def _kill_the_new_version(self) -> None:
        while True:
            for each in await asyncio.to_thread(process.marked_by, {self._id}, str(self._folder)):
                if (process.mark(each.pid) or "").endswith("-new"):
                    await process.end(each, grace=0)
                    return
            await asyncio.sleep(0.05)

    async def _end(self) -> None:
        for each in process.marked_by({self._id}, str(self._folder)):
            await process.end(each)


_SAYS: Final = {
    "failure": "It is upgraded to {new}, which is killed as it starts: {old} must come back by itself.",
    "upgrade": "It is upgraded to {new}.",
    "rollback": "It is taken back to {old}.",
}


def _downtime(happened: Sequence[Event]) -> int | None:
    return next((ms for each in reversed(happened) if (ms := getattr(each, "downtime_ms", None)) is not None), None)


def _why(happened: Sequence[Event]) -> str:
    problems = (getattr(each, "problem", None) for each in happened)
    return next((each.detail for each in problems if isinstance(each, Problem)), "")
