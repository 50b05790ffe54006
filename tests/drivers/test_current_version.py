"""Current version: what runs is found out and not believed, and what is not as the log believes is refused."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from msgspec.structs import replace

from astrolabe.cli.servers.postgres import Postgres
from astrolabe.domain.instances.observation import Observation
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import Adopt, Reconfigure, Register
from astrolabe.store.log.sequencer import Sequencer
from astrolabe.store.views.projector import Projector
from astrolabe.workers.worker.observer import Observer
from tests.drivers.outcomes import refused
from tests.world import World


@pytest_asyncio.fixture
async def found(a_world: AbstractAsyncContextManager[World]) -> AsyncIterator[World]:
    """A stand-in 1.1.0 that its owner runs, and that nobody registered."""
    async with a_world as made:
        await made.owner_starts()
        yield made


async def test_what_runs_is_adopted_in_the_version_that_it_has(found: World) -> None:
    """Nobody named the version; the worker saw it, and an upgrade begins there."""
    await found.ask(Register(found.config))
    state = (await found.carry_out()).state
    assert isinstance(state, s.Idle)
    adopted = await found.one(e.InstanceAdopted)
    assert (adopted.version, adopted.kind) == ("1.1.0", found.config.kind)
    assert adopted.seen == f"{found.product.title} 1.1.0 {found.seen}"
    assert (state.instance.version, state.instance.in_sync) == ("1.1.0", True)
    upgraded = (await found.upgrade("2.0.0")).state
    assert isinstance(upgraded, s.Idle)
    assert upgraded.instance.version == "2.0.0" == await found.running()
    looked_at = {each.name for each in (await found.one(e.PreflightPassed)).plan.checks}
    assert looked_at >= {"artifact", "health", "process", "version", *(("rights", "disk") if found.serves else ())}


@pytest.mark.kinds("npx")
async def test_what_does_not_run_is_not_adopted_until_it_does(found: World, postgres_server: Postgres) -> None:
    """A stranger, here PostgreSQL, and nobody are told, with what to do; once that is done, another look finds it."""
    right = found.config
    stranger = int(postgres_server.url().rpartition(":")[2].partition("/")[0])
    await found.ask(Register(replace(right, port=stranger)))
    state = (await found.carry_out()).state
    assert isinstance(state, s.Unadopted)
    assert "is not Stand-in gateway" in state.problem.detail
    await found.stop()
    await found.ask(Reconfigure(right))
    state = (await found.carry_out()).state
    assert isinstance(state, s.Unadopted)
    assert state.problem.code == "not-running"
    assert f"nothing serves on port {found.config.port}" in state.problem.detail
    assert state.problem.todo
    await found.owner_starts("1.6.0")
    await found.ask(Adopt(datetime.now(UTC)))
    state = (await found.carry_out()).state
    assert isinstance(state, s.Idle)
    assert state.instance.version == "1.6.0"


async def _looks(world: World, observer: Observer, rounds: int = 2) -> list[Observation]:
    """Let the observer look a few times; return all that it has recorded so far."""
    await Sequencer(world.log_database).drain()
    await Projector(world.log_database, world.instances._log).drain()
    for _ in range(rounds):
        await observer.round()
    told = [each for each in await world.told() if isinstance(each, e.InstanceObserved)]
    return [Observation(each.version, each.seen, each.at) for each in told]


async def test_what_is_seen_is_recorded_when_it_is_news(standin: World) -> None:
    """Once while it stays, again when it is gone or another version runs; then preflight refuses what the log tells."""
    observer = Observer(standin.log_database, standin.host, "worker-1")
    assert await _looks(standin, observer, rounds=1) == []
    first = await _looks(standin, observer, rounds=4)
    assert [each.version for each in first] == ["1.1.0"]
    await standin.stop()
    assert await _looks(standin, observer, rounds=1) == first
    gone = await _looks(standin, observer)
    assert [(each.version, each.seen) for each in gone[1:]] == [(None, f"nothing {standin.seen}")]
    await standin.owner_starts("1.6.0")
    assert [each.version for each in (await _looks(standin, observer))[2:]] == ["1.6.0"]
    state = (await standin.loaded()).state
    assert isinstance(state, s.Idle)
    assert (state.instance.version, state.instance.in_sync) == ("1.1.0", False)
    await standin.upgrade("2.0.0")
    assert (await standin.problem()).code == "preflight-version"


@pytest.mark.kinds("npx")
async def test_what_was_overtaken_or_not_seen_is_no_news(standin: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was seen before something else happened says nothing after it, and a host without the product sees none."""
    observer = Observer(standin.log_database, standin.host, "worker-1")
    record = observer._record

    async def late(*arguments) -> None:
        await standin.reconfigure(patience_seconds=6)
        await record(*arguments)

    monkeypatch.setattr(observer, "_record", late)
    assert await _looks(standin, observer) == []
    product = standin.host.products.pop("standin")
    assert await _looks(standin, Observer(standin.log_database, standin.host, "worker-1")) == []
    standin.host.products["standin"] = product


async def test_an_instance_that_does_not_run_is_refused(standin: World) -> None:
    """What is down already, or not there at all, is not upgraded: a person should know first."""
    await standin.stop()
    if standin.serves:
        found = await refused(standin, "2.0.0", "preflight-health")
        assert any("nothing on this host serves" in each for each in found.problem.seen)
    else:
        found = await refused(standin, "2.0.0", "preflight-process")
        assert "is not installed" in found.problem.detail


async def test_another_version_than_the_log_believes_is_refused(standin: World) -> None:
    """Drift is told with both versions."""
    await standin.stop()
    await standin.owner_starts("1.6.0")
    found = await refused(standin, "2.0.0", "preflight-version")
    assert "1.6.0" in found.problem.detail
    assert "1.1.0" in found.problem.detail


@pytest.mark.kinds("npx")
async def test_what_nobody_can_look_at_is_recorded_once_it_was_so_for_a_while(standin: World) -> None:
    """Once while it stays so, with the reason; and that it can be looked at again, where the same is seen as before."""
    before = await _looks(standin, Observer(standin.log_database, standin.host, "worker-1"))
    product = standin.host.products.pop("standin")
    patient = Observer(standin.log_database, standin.host, "worker-1")
    hasty = Observer(standin.log_database, standin.host, "worker-1", timedelta())
    for observer in (patient, hasty):
        assert await _looks(standin, observer) == before
    failed = [each for each in await standin.told() if isinstance(each, e.ObservationFailed)]
    assert len(failed) == 1
    assert failed[0].why
    state = (await standin.loaded()).state
    assert isinstance(state, s.Idle)
    assert state.instance.unobserved
    standin.host.products["standin"] = product
    again = await _looks(standin, hasty)
    assert [each.seen for each in again] == [before[0].seen] * 2
    assert await _looks(standin, hasty) == again
