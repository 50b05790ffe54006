"""One worker with many upgrades at once: its places bound what it runs, and cost no lease, no look and no haste."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from astrolabe.cli.servers.postgres import Postgres
from astrolabe.cli.servers.valkey import Valkey
from astrolabe.domain.upgrades.events import InstanceObserved
from tests.e2e.crowd import OBSERVE_SECONDS, PLACES, POLL_SECONDS, Crowd, leases, renewed, undumpable
from tests.e2e.processes import Astrolabe
from tests.standin.registry import Registry
from tests.waiting import until
from tests.world import World, product_text, world

pytestmark = pytest.mark.e2e

ASKED = 6
HERE, FETCHED = "2.2.0", ("2.0.0", "2.1.0")
"""A version that is on the host, and those that are not."""


@pytest_asyncio.fixture
async def members(
    postgres_server: Postgres, registry: Registry, host_folder: Path, database_url: str
) -> AsyncIterator[Sequence[World]]:
    """Instances that run, on a host that has one of the new versions and must fetch the others."""
    async with AsyncExitStack() as stack:
        made = [
            await stack.enter_async_context(world(postgres_server, registry, host_folder, database_url))
            for _ in range(ASKED)
        ]
        for version in ("1.1.0", HERE):
            await made[0].driver.pull(await made[0].artifact(version), lambda _: None)
        for version in FETCHED:
            await made[0].unpull(version)
        await asyncio.gather(*(each.owner_starts() for each in made))
        yield made


@pytest_asyncio.fixture
async def crowd(
    members: Sequence[World], registry: Registry, valkey: Valkey, database_url: str, host_folder: Path, tmp_path: Path
) -> AsyncIterator[Crowd]:
    """A worker with two places, that has no end of fetching."""
    products = tmp_path / "products"
    products.mkdir()
    (products / "standin.toml").write_text(product_text(registry))
    registry.hold()
    async with (
        Astrolabe.started(database_url, valkey.url, host_folder, products, tmp_path) as astrolabe,
        Crowd.gathered(astrolabe, members) as made,
    ):
        yield made


async def test_no_more_programs_run_at_once_than_there_are_places(crowd: Crowd, registry: Registry) -> None:
    """Six upgrades at once: two are dumped and two fetched, the others say for what they wait, and all end well."""
    async with undumpable(crowd.members):
        asked = [await crowd.ask(each, FETCHED[nth % 2]) for nth, each in enumerate(crowd.members)]
        await crowd.waiting(asked, "backups", ASKED - PLACES)
        await until(lambda: crowd.running()["pg_dump"] == PLACES)
    await crowd.waiting(asked, "pulls", ASKED - PLACES)
    await until(lambda: crowd.running()["npm install"] == PLACES)
    registry.release()
    assert await crowd.ended(asked) == ["succeeded"] * ASKED
    assert crowd.most["pg_dump"] == crowd.most["npm install"] == PLACES
    assert crowd.most["npm view"] <= PLACES


async def test_whoever_waits_keeps_its_lease_and_keeps_nobody_else_waiting(crowd: Crowd, registry: Registry) -> None:
    """While every place for pulls is taken: no lease is lost, what rests is looked at, what is here goes past."""
    resting, here, *others = crowd.members
    database = resting.log_database
    asked = [await crowd.ask(each, FETCHED[0]) for each in others]
    await crowd.waiting(asked, "pulls", len(others) - PLACES)
    held = await leases(database)
    assert {each.instance_id for each in others} < held.keys()

    goes_past = await crowd.ask(here, HERE)
    await resting.stop()
    async with asyncio.timeout(10 * OBSERVE_SECONDS):
        while not any(isinstance(each, InstanceObserved) and each.version is None for each in await resting.told()):
            await asyncio.sleep(POLL_SECONDS)
    assert await crowd.ended([goes_past]) == ["succeeded"]
    assert await here.running() == HERE

    await renewed(database, held)
    now = await leases(database)
    assert {each: (now[each]["fence"], now[each]["holder"]) for each in held if each in now} == {
        each: (lease["fence"], lease["holder"]) for each, lease in held.items()
    }
    worker = f"local:{crowd.worker.pid}"
    for each in asked:
        assert await crowd.begun(each) == [(step, worker) for step in ("preflight", "backup", "pull")]
        await crowd.astrolabe.post(f"/upgrades/{each}/cancel", reason="seen")
    registry.release()  # npm that is to end waits for what it fetches, seconds long
    assert await crowd.ended(asked) == ["cancelled"] * len(asked)
