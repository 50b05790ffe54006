"""Carrying out: nobody acts on an instance without the leases of it and of all that it acts on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from msgspec.structs import replace

from astrolabe.domain.upgrades.commands import Register
from astrolabe.store.database import Database
from astrolabe.store.ids import new_id
from astrolabe.store.log.leases import Leases, resources_of
from astrolabe.store.log.log import Log
from astrolabe.store.streams.instances import Instances
from astrolabe.workers.instance.host import Host
from astrolabe.workers.instance.secret import Secrets
from astrolabe.workers.worker.carry_out import CarryOut
from astrolabe.workers.worker.reconciler import Reconciler
from tests.domain.samples import CONFIG
from tests.store.stage import BY

HOST = "local"
HELD = "SELECT resource::text FROM lease WHERE expires_at > clock_timestamp()"


class Stage:
    """A worker that does nothing, and sees which leases are held while it could do something."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.leases = Leases(database)
        self.instances = Instances(Log(database))
        self.carry_out = CarryOut(database, Host(HOST, folder, {}, Secrets([])), "worker-1", lease_seconds=60)
        self.at_work: list[set[str]] = []

    async def register(self, host: str = HOST) -> str:
        """Register an instance of a host."""
        loaded = self.instances.fresh(new_id())
        await self.instances.execute(loaded, Register(replace(CONFIG, host=host), "5.6.0"), BY)
        return loaded.stream_id

    async def held(self) -> set[str]:
        """Return what somebody holds the lease of."""
        return {row[0] for row in await self.database.pool.fetch(HELD)}


@pytest_asyncio.fixture
async def stage(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """A stage."""
    async with Database(database_url) as database:
        made = Stage(database, tmp_path)

        async def look(_reconciler: Reconciler) -> None:
            made.at_work.append(await made.held())

        monkeypatch.setattr(Reconciler, "run", look)
        yield made


RESOURCES = resources_of(replace(CONFIG, host=HOST))


@pytest.mark.parametrize(
    "named",
    [(), RESOURCES, RESOURCES[:1], (new_id(),), (*RESOURCES, new_id())],
    ids=["nothing", "all", "less than all", "another thing", "more than all"],
)
async def test_whatever_a_message_names_all_that_is_acted_on_is_leased(stage: Stage, named: tuple[str, ...]) -> None:
    """What a message says is how it was when that was sent; what the log says is taken too, and all is given back."""
    instance_id = await stage.register()
    await stage.carry_out(instance_id, *named)
    (at_work,) = stage.at_work
    assert at_work >= {instance_id, *RESOURCES}
    assert await stage.held() == set()


@pytest.mark.parametrize("named", [(), RESOURCES], ids=["nothing", "all"])
async def test_what_another_acts_on_is_let_alone(stage: Stage, named: tuple[str, ...]) -> None:
    """Two instances that act on one database are never carried out at once."""
    instance_id = await stage.register()
    fence = await stage.leases.acquire(RESOURCES[0], "another")
    await stage.carry_out(instance_id, *named)
    assert stage.at_work == []
    assert fence == 1
    assert await stage.held() == {RESOURCES[0]}


@pytest.mark.parametrize("named", [(), RESOURCES], ids=["nothing", "all"])
async def test_an_instance_of_another_host_is_let_alone(stage: Stage, named: tuple[str, ...]) -> None:
    """A message may have come to a queue that it is no longer for."""
    await stage.carry_out(await stage.register("elsewhere"), *named)
    await stage.carry_out(new_id(), *named)
    assert stage.at_work == []
    assert await stage.held() == set()
