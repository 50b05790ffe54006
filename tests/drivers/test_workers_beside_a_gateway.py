"""Workers beside a gateway of kind npx: ended with it, started once others are let in, seen to go on, and put back."""

from uuid import uuid4

import pytest
import pytest_asyncio
from msgspec.structs import replace

from astrolabe.domain.products.product import WorkerCommand
from astrolabe.domain.upgrades import events as e
from astrolabe.workers.instance import process
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.npm.npx import NpxDriver
from astrolabe.workers.kinds.npm.own_processes import OwnProcesses
from astrolabe.workers.programs import shell
from tests.drivers.outcomes import refused, succeeded, taken_back
from tests.hooked import upgrade
from tests.world import World

pytestmark = pytest.mark.kinds("npx")
"""A project's services say what works beside its gateway, and nothing does beside a command line."""


@pytest_asyncio.fixture
async def beside(standin: World) -> World:
    """The stand-in 1.1.0 with a worker that its owner started, and that writes all the time."""
    worker = WorkerCommand("mailer", ("work",))
    standin.host.products["standin"] = replace(
        standin.product, workers=(worker,), settings=(*standin.product.settings, "STANDIN_WORKER_FAILS")
    )
    await by_its_owner(standin)
    return standin


async def by_its_owner(beside: World, version: str = "1.1.0") -> int:
    """Start a worker with nothing that Astrolabe would know it by, and wait until it writes."""
    driver = beside.driver
    assert isinstance(driver, NpxDriver)
    call = await driver._program.call(await beside.artifact(version), ("work",))
    log = beside.host.folder / f"owner-{uuid4().hex}.log"
    pid = shell.spawn(call.command, env=call.env, log=log)
    await beside.until(lambda: writes(beside, version))
    return pid


async def writes(beside: World, version: str) -> tuple[bool, str]:
    """Return whether a version's worker has written."""
    return bool(await beside.rows(f"SELECT 1 FROM items WHERE name = 'by a worker of {version}'")), "rows"


def workers(beside: World) -> list[str]:
    """Name the versions of the workers that run."""
    own = OwnProcesses(Site(beside.host, beside.instance_id, beside.config)).all()
    trees = [each.process.tree("standin-gateway") for each in own if each.role == "mailer"]
    return [str(tree and process.package_version(tree, "standin-gateway")) for tree in trees]


async def test_a_worker_moves_with_its_gateway(beside: World) -> None:
    """What the old one wrote is in the copy; the new one writes nothing before cutover; on the way back the old."""
    seen = list[list[str]]()

    async def look() -> None:
        seen.append(workers(beside))

    await upgrade(beside, "2.0.0", InstanceStopped=look, CutOver=look)
    assert seen == [[], []]
    assert await beside.running() == "2.0.0"
    assert workers(beside) == ["2.0.0"]
    await beside.until(lambda: writes(beside, "2.0.0"))
    plan = (await beside.one(e.PreflightPassed)).plan
    assert plan.commands[-1].step == "verify"
    assert plan.commands[-1].argv[-1] == "work"
    assert next(check.seen for check in plan.checks if check.name == "members") == "mailer comes up after cutover"
    checks = {check.name: check.seen for check in (await beside.one(e.UpgradeSucceeded)).checks}
    assert checks["members"] == "mailer of 2.0.0 run"
    await taken_back(beside)
    assert workers(beside) == ["1.1.0"]
    assert not (await writes(beside, "2.0.0"))[0]


async def test_a_worker_that_ends_is_no_success(beside: World) -> None:
    """Nobody wrote since cutover, so gateway and worker go back by themselves."""
    await beside.reconfigure(settings={"STANDIN_WORKER_FAILS": "2.0.0"}, patience_seconds=4)
    await beside.upgrade("2.0.0")
    turned = await beside.one(e.RollbackStarted)
    assert turned.problem
    assert turned.problem.code == "verify-members"
    assert "mailer runs in 0 processes, and not in one" in turned.problem.detail
    assert await beside.running() == "1.1.0"
    assert workers(beside) == ["1.1.0"]


async def test_a_failed_upgrade_puts_the_worker_back(beside: World) -> None:
    """It comes up with the old gateway, though the new one never came up at all."""
    await beside.upgrade("1.2.0")
    assert await beside.running() == "1.1.0"
    assert workers(beside) == ["1.1.0"]
    assert not (await writes(beside, "1.2.0"))[0]


async def test_a_worker_is_started_as_soon_as_others_are_let_in_at_once(beside: World) -> None:
    """The gateway migrates first: what works beside it finds the new schema."""
    await beside.reconfigure(cutover="at-once")
    await succeeded(beside)
    assert workers(beside) == ["2.0.0"]


async def test_a_worker_that_is_not_where_the_gateway_is_is_refused(beside: World) -> None:
    """One that does not run, and one of another version: neither would be as it was after a way back."""
    for each in OwnProcesses(Site(beside.host, beside.instance_id, beside.config)).all():
        if each.role == "mailer":
            await process.end(each.process)
    problem = (await refused(beside, "2.0.0", "preflight-members")).problem
    assert "mailer runs in 0 processes, and not in one" in problem.detail
    await beside.driver.pull(await beside.artifact("1.0.0"), lambda _: None)
    await by_its_owner(beside, "1.0.0")
    await beside.upgrade("2.0.0")
    problems = [each.problem for each in await beside.told() if isinstance(each, e.UpgradeRefused)]
    assert "mailer is of version 1.0.0, and not of 1.1.0" in problems[-1].detail
