"""Without a port: a product whose process works on its database alone, and is asked by what it says and writes."""

from uuid import uuid4

import pytest
import pytest_asyncio
from msgspec.structs import replace as changed

from astrolabe.domain.products.product import HealthCheck, StartCommand
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.workers.instance import process
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.detection import detect
from astrolabe.workers.kinds.npm.npx import NpxDriver
from astrolabe.workers.kinds.npm.own_processes import OwnProcesses
from astrolabe.workers.programs import shell
from tests.drivers.outcomes import refused
from tests.world import World

pytestmark = pytest.mark.kinds("npx")
"""A compose project is asked inside, and a command line serves nobody."""

ASKS = {
    "its process": HealthCheck(by="process"),
    "what it says": HealthCheck(by="process", log=r"^standin-gateway \S+ works$"),
    "its database": HealthCheck(by="process", query="SELECT count(*) > 0 FROM items WHERE name LIKE 'by a worker%'"),
}


@pytest_asyncio.fixture
async def portless(standin: World) -> World:
    """The stand-in's worker, 1.1.0, that its owner runs, registered anew as a product without a port."""
    await standin.stop()
    start = StartCommand(("work",), standin.product.start.env, before=("migrate",))
    standin.host.products["standin"] = changed(
        standin.product, start=start, version=None, doctor=None, health=ASKS["what it says"]
    )
    await standin.reconfigure(port=None)
    await by_its_owner(standin)
    return standin


async def by_its_owner(portless: World) -> None:
    """Start the worker with nothing that Astrolabe would know it by, and wait until that is seen to be at its work."""
    driver = portless.driver
    assert isinstance(driver, NpxDriver)
    call = await driver._starting.call(await portless.artifact("1.1.0"))
    log = portless.host.folder / f"owner-{uuid4().hex}.log"
    shell.spawn(call.command, env=call.env, log=log)
    probe = driver.own_probe()
    assert probe
    await portless.until(probe.health)


async def writes(portless: World, version: str) -> tuple[bool, str]:
    """Return whether a version's worker has written."""
    rows = await portless.rows(f"SELECT name FROM items WHERE name = 'by a worker of {version}'")
    return bool(rows), "rows"


@pytest.mark.parametrize("asked", ASKS)
async def test_it_is_upgraded_and_taken_back(portless: World, asked: str) -> None:
    """Its database tells it from others; apart it works on that under a private name, and nobody else writes."""
    portless.host.products["standin"] = changed(portless.product, health=ASKS[asked])
    assert await portless.running() == "1.1.0"
    loaded = await portless.upgrade("2.0.0")
    assert isinstance(loaded.state, s.Idle), loaded.state
    assert await portless.running() == loaded.state.instance.version == "2.0.0"
    started = await portless.one(e.MigrationStarted)
    assert started.isolated
    assert started.port is None
    assert started.database
    await portless.until(lambda: writes(portless, "2.0.0"))
    assert (await portless.one(e.UpgradeSucceeded)).downtime_ms
    await portless.roll_back(accept=True)
    assert await portless.running() == "1.1.0"
    assert not (await writes(portless, "2.0.0"))[0]


async def test_one_that_was_seen_as_it_began_is_seen_as_what_it_became(portless: World) -> None:
    """A start is a shell that leaves its mark first, on a slow disk for a while; then it is the program."""
    driver = portless.driver
    assert isinstance(driver, NpxDriver)
    await portless.stop()
    call = await driver._starting.call(await portless.artifact("1.1.0"), "begun-slowly")
    gate, log = portless.host.folder / "gate", portless.host.folder / "begun-slowly.log"
    waits = 'until [ -e "$0" ]; do sleep 0.05; done; exec "$@"'
    shell.spawn(["/bin/sh", "-c", waits, gate, *call.command], env=call.env, log=log)

    async def begins() -> tuple[bool, str]:
        found = await driver.running()
        return found is not None and found.version is None, str(found)

    async def runs() -> tuple[bool, str]:
        found = await driver.running()
        return found is not None and found.version == "1.1.0", str(found)

    await portless.until(begins)
    gate.touch()
    await portless.until(runs)


async def test_one_that_ends_is_taken_back(portless: World) -> None:
    """It says why, and the old version works on."""
    portless.host.products["standin"] = changed(portless.product, settings=("STANDIN_WORKER_FAILS",))
    await portless.reconfigure(settings={"STANDIN_WORKER_FAILS": "2.0.0"})
    await portless.upgrade("2.0.0")
    problem = await portless.problem()
    assert problem.code == "start-failed"
    assert "this worker cannot work" in problem.detail
    assert await portless.running() == "1.1.0"
    rows = len(await portless.rows("SELECT 1 FROM items"))

    async def more() -> tuple[bool, str]:
        return len(await portless.rows("SELECT 1 FROM items")) > rows, "rows"

    await portless.until(more)


async def test_one_that_never_says_so_is_taken_back(portless: World) -> None:
    """A process alone is not enough where the product's file names what must be said."""
    await portless.reconfigure(patience_seconds=1)
    rule = HealthCheck(by="process", query="SELECT count(*) = 0 FROM standin_migrations WHERE name LIKE '2001%'")
    portless.host.products["standin"] = changed(portless.product, health=rule)
    await portless.upgrade("2.0.0")
    problem = await portless.problem()
    assert problem.code == "never-healthy"
    assert "its database answers False" in problem.detail
    assert await portless.running() == "1.1.0"


async def test_what_works_on_another_database_is_not_this_instance(portless: World) -> None:
    """A process of the same package belongs to whoever names its database; a look says which that is."""
    own = portless.config
    seen = await detect(Site(portless.host, portless.instance_id, own), portless.driver)
    assert seen.seen == f"Stand-in gateway 1.1.0 serves with the database {portless.database}"
    assert own.database
    portless.config = changed(own, database=changed(own.database, name="another"))
    assert await portless.driver.running() is None
    portless.config = own
    assert await portless.running() == "1.1.0"


async def test_two_on_one_database_are_not_one_instance(portless: World) -> None:
    """The other would go on with the old version while the database changes, so preflight refuses."""
    await by_its_owner(portless)
    await portless.upgrade("2.0.0")
    assert (await portless.one(e.UpgradeRefused)).problem.code == "preflight-process"
    site = Site(portless.host, portless.instance_id, portless.config)
    seen = (await detect(site, portless.driver)).seen
    assert "is not one instance of Stand-in gateway: 2 processes of it work on one database" in seen
    for each in OwnProcesses(site).gateways():
        await process.end(each.process)


async def test_one_that_does_not_run_is_refused(portless: World) -> None:
    """Nothing is touched; the reason names how it is known."""
    await portless.stop()
    told = await refused(portless, "2.0.0", "preflight-health")
    assert any("no process of it runs" in line for line in told.problem.seen)
