"""Migrated before the start: by a command that runs once at the new version, where the gateway does not migrate."""

import os
import signal

import pytest
from msgspec.structs import replace

from astrolabe.domain.plans.plan import Artifact
from astrolabe.domain.products.product import StartCommand
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import RequestUpgrade
from astrolabe.store.ids import new_id
from astrolabe.workers.instance import process
from astrolabe.workers.kinds.driver import GatewayId
from astrolabe.workers.kinds.npm.job_before import JobBefore
from astrolabe.workers.kinds.npm.supervised import SupervisedGateway
from tests.drivers.outcomes import rolled_back, succeeded, taken_back
from tests.hooked import Killed
from tests.world import World

pytestmark = pytest.mark.kinds("npx")
"""A compose project has services for that, and a command line has nothing to migrate."""


@pytest.fixture
def apart(standin: World) -> World:
    """The stand-in as a gateway that refuses to start where migrations are pending, and a command that applies them."""
    start = standin.product.start
    env = {**start.env, "STANDIN_MIGRATES": "elsewhere"}
    start = StartCommand(("start",), env, before=("migrate",))
    standin.host.products["standin"] = replace(standin.product, start=start)
    return standin


def jobs(standin: World) -> list[str]:
    """Name what the commands before starts have said, a log for each."""
    logs = standin.host.instance_folder(standin.instance_id) / "logs"
    return sorted(path.name for path in logs.glob("*-before.log"))


async def test_the_command_runs_once_at_the_new_version_and_not_on_the_way_back(apart: World) -> None:
    """The plan shows it before the start; at cutover, and on the way back, the gateway alone is started."""
    await succeeded(apart)
    plan = (await apart.one(e.PreflightPassed)).plan
    migrating = [each.argv[-1] for each in plan.commands if each.step == "migrate"]
    assert migrating[-2:] == ["migrate", "start"]
    (ran,) = jobs(apart)
    log = apart.host.instance_folder(apart.instance_id) / "logs" / ran
    assert log.read_text() == "migrated 2001-drop-note\n"
    assert not any("2.0.0" in each for each in await apart.databases())
    await taken_back(apart)
    assert jobs(apart) == [ran]


async def test_a_command_that_fails_takes_the_upgrade_back(apart: World) -> None:
    """Its reason is the upgrade's, and the gateway of the new version never began."""
    turned = await rolled_back(apart, "1.2.0", "migration-failed")
    assert turned.problem
    assert "1202-link-labels failed, 4 of 5 are applied" in turned.problem.detail
    logs = apart.host.instance_folder(apart.instance_id) / "logs"
    (ran,) = jobs(apart)
    assert not (logs / ran.replace("-before", "")).exists()


async def test_a_command_goes_on_when_the_worker_dies(apart: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever takes over waits for the one that was begun, and learns how it ended."""
    await _dies_after_it_began(apart, monkeypatch)
    await apart.carry_out("worker-2")
    assert await apart.running() == "1.3.0"
    (ran,) = jobs(apart)
    said = (apart.host.instance_folder(apart.instance_id) / "logs" / ran).read_text()
    assert said.count("migrated 1300-create-archive") == 1


async def test_a_command_that_ended_from_outside_is_not_begun_again(
    apart: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was killed, and its worker died with it: nobody knows how far it came, so it goes back."""
    job = await _dies_after_it_began(apart, monkeypatch)
    os.killpg(process.by_id(job).pid, signal.SIGKILL)
    loaded = await apart.carry_out("worker-2")
    assert isinstance(loaded.state, s.Idle)
    assert await apart.running() == "1.1.0"
    assert (await apart.problem()).code == "start-lost"


async def _dies_after_it_began(apart: World, monkeypatch: pytest.MonkeyPatch) -> GatewayId:
    """Let a worker die while the command of a slow version runs; return its process."""
    begin, begun = JobBefore.next, list[GatewayId]()

    async def dies(self: JobBefore, artifact: Artifact, mark: str, supervisor: SupervisedGateway | None) -> None:
        begun.extend([job] if (job := await begin(self, artifact, mark, supervisor)) else [])
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(JobBefore, "next", dies)
        await apart.ask(RequestUpgrade(new_id(), "1.3.0"))
        with pytest.raises(Killed):
            await apart.carry_out()
    await apart.log_database.pool.execute("UPDATE lease SET expires_at = clock_timestamp()")
    (job,) = begun
    return job
