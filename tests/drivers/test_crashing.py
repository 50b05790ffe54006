"""A worker that dies at any instant: another goes on, and nothing is done twice."""

import pytest

from domain import events as e
from domain import states as s
from domain.commands import Command, Report
from domain.recorded import Cause
from store.instances import Instances, Loaded
from tests.world import World
from workers import process

FORWARD = (
    e.PreflightPassed,
    e.BackupTaken,
    e.ArtifactPulled,
    e.InstanceStopped,
    e.DatabaseCopied,
    e.MigrationStarted,
    e.MigrationFinished,
    e.UpgradeSucceeded,
)
BACK = (e.DatabaseRestored, e.UpgradeRolledBack)


class Killed(BaseException):
    """The worker died here."""


class Mortal(Instances):
    """Dies instead of recording a fact of one kind: what was done is done, and nobody was told."""

    def __init__(self, instances: Instances, at: type[e.Fact]) -> None:
        super().__init__(instances._log)
        self._at = at

    async def execute(self, loaded: Loaded, command: Command, cause: Cause, **options: object) -> Loaded:
        """Die, or execute."""
        if isinstance(command, Report) and isinstance(command.fact, self._at):
            raise Killed
        return await super().execute(loaded, command, cause, **options)


async def _killed_at(standin: World, fact: type[e.Fact], target: str) -> None:
    worker = standin.worker("worker-1")
    worker._instances = Mortal(standin.instances, fact)
    await standin.ask(_upgrade(target))
    with pytest.raises(Killed):
        await worker(standin.instance_id)


def _upgrade(target: str) -> Command:
    from domain.commands import RequestUpgrade
    from store.ids import new_id

    return RequestUpgrade(new_id(), target)


def _told_once(told: list[e.Event]) -> bool:
    facts = [type(each) for each in told if not isinstance(each, e.StepStarted | e.StepProgressed)]
    return len(facts) == len(set(facts))


def _one_gateway(standin: World) -> bool:
    return len(process.marked_by({standin.instance_id}, str(standin.host.folder))) == 1


@pytest.mark.parametrize("fact", FORWARD)
async def test_another_worker_finishes_the_upgrade(standin: World, fact: type[e.Fact]) -> None:
    """Whatever was done and not recorded, the upgrade succeeds with all data, one gateway and one copy."""
    await _killed_at(standin, fact, "2.0.0")
    loaded = await standin.carry_out("worker-2")
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.it.version == "2.0.0" == standin.running()
    assert await standin.items() == ["first"]
    assert _told_once(await standin.told())
    assert _one_gateway(standin)
    point = loaded.state.it.rollback_point
    assert point
    assert point.copy
    assert await standin.databases() == {standin.database, point.copy.database}
    workers = {each.worker for each in await standin.told() if isinstance(each, e.StepStarted)}
    assert workers == {"worker-1", "worker-2"}


@pytest.mark.parametrize("fact", BACK)
async def test_another_worker_finishes_the_way_back(standin: World, fact: type[e.Fact]) -> None:
    """Whatever was done and not recorded, the old version is back with all data and the failed database is kept."""
    before = await standin.shape()
    await _killed_at(standin, fact, "1.2.0")
    loaded = await standin.carry_out("worker-2")
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.it.version == "1.1.0" == standin.running()
    assert await standin.shape() == before
    assert _told_once(await standin.told())
    assert _one_gateway(standin)
    (kept,) = [each.name for each in loaded.state.it.kept if each.what == "database"]
    assert await standin.databases() == {standin.database, kept}


async def test_a_gateway_that_died_with_its_worker_in_mid_migration_is_not_started_again(standin: World) -> None:
    """A start that happened and left no process is taken back, never repeated."""
    await _killed_at(standin, e.MigrationFinished, "2.0.0")
    (gateway,) = process.marked_by({standin.instance_id}, str(standin.host.folder))
    await process.end(gateway)
    loaded = await standin.carry_out("worker-2")
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.it.version == "1.1.0" == standin.running()
    turned = await standin.one(e.RollbackStarted)
    assert isinstance(turned, e.RollbackStarted)
    assert turned.problem
    assert turned.problem.code == "start-lost"
