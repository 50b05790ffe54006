"""What an upgrade that is refused, or taken back, must leave behind, and one that succeeds, whatever is deployed."""

from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from tests.world import World


async def refused(standin: World, target: str, code: str) -> e.UpgradeRefused:
    """An upgrade that is refused: the same version goes on, and nothing was made."""
    before, running = await standin.shape(), await standin.driver.running()
    loaded = await standin.upgrade(target)
    told = await standin.one(e.UpgradeRefused)
    assert told.problem.code == code
    assert told.problem.todo or code in {"version-unknown", "not-newer", "already-at-version"}
    assert isinstance(loaded.state, s.Idle)
    assert (await standin.driver.running(), await standin.shape()) == (running, before)
    assert await standin.copies() == set()
    assert standin.dumps() == []
    return told


async def rolled_back(standin: World, target: str, code: str) -> e.RollbackStarted:
    """An upgrade that is taken back by itself: all is as it was before, and a database that failed is kept."""
    before = await standin.shape()
    loaded = await standin.upgrade(target)
    turned = await standin.one(e.RollbackStarted)
    assert turned.problem
    assert turned.problem.code == code
    assert turned.problem.todo
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.instance.version == "1.1.0" == await standin.running()
    assert await standin.shape() == before
    assert len(await standin.gateways()) == 1
    kept = await standin.kept("database")
    assert len(kept) == standin.serves
    assert await standin.copies() == {*kept}
    return turned


async def succeeded(standin: World, target: str = "2.0.0") -> None:
    """An upgrade that ends at the version that was asked for."""
    state = (await standin.upgrade(target)).state
    assert isinstance(state, s.Idle), state
    assert state.instance.version == target, (await standin.told())[-1]
    assert await standin.running() == target


async def taken_back(standin: World) -> None:
    """A rollback by request, of whatever was written since, that ends at the version of before."""
    state = (await standin.roll_back(accept=True)).state
    assert isinstance(state, s.Idle), state
    assert state.instance.version == "1.1.0" == await standin.running()
