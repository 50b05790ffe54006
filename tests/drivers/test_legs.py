"""An upgrade over two required stops: three legs, three copies, one way back."""

import asyncio
import contextlib
from datetime import UTC, datetime

import httpx
import pytest

from astrolabe.domain.plans.plan import Plan
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import Report, RequestUpgrade
from astrolabe.store.ids import new_id
from tests.world import World

STOPS = ("2.0.0", "2.1.0")


async def begun(standin: World, target: str) -> str:
    """Ask for an upgrade over both stops, with the plan as preflight makes it."""
    upgrade_id = new_id()
    await standin.ask(RequestUpgrade(upgrade_id, target))
    old, new, *stops = [await standin.artifact(version) for version in ("1.1.0", target, *STOPS)]
    await standin.ask(Report(e.PreflightPassed(upgrade_id, Plan(old, new, stops=tuple(stops)), datetime.now(UTC))))
    return upgrade_id


async def copies(standin: World) -> list[str]:
    """Name the copy of every leg."""
    told = await standin.told()
    return [each.copy.database for each in told if isinstance(each, e.DatabaseCopied) and each.copy]


@pytest.mark.kinds("npx")
async def test_every_stop_runs_once_and_leaves_a_copy(standin: World) -> None:
    """Three legs end on the wanted version, with all data; the copies of later legs are kept aside."""
    await begun(standin, "2.2.0")
    loaded = await standin.carry_out()
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.instance.version == "2.2.0" == await standin.running()
    assert [each.version for each in await standin.told() if isinstance(each, e.LegFinished)] == [*STOPS]
    assert await standin.items() == ["first"]
    first, *later = await copies(standin)
    assert {first, *later} < await standin.databases()
    assert loaded.state.instance.rollback_point
    assert loaded.state.instance.rollback_point.copy
    assert loaded.state.instance.rollback_point.copy.database == first
    assert await standin.kept("database") == later
    assert len(await standin.gateways()) == 1


@pytest.mark.kinds("npx", "compose")
async def test_a_stop_is_reached_by_nobody_outside(standin: World) -> None:
    """While it migrates through the stops, the instance's own port answers nobody, so that no write can be lost."""
    await begun(standin, "2.2.0")
    seen: set[str] = set()

    async def ask() -> None:
        async with httpx.AsyncClient(base_url=standin.url, trust_env=False, timeout=2) as http:
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    seen.add((await http.get("/health", headers={"Connection": "close"})).json()["version"])
                await asyncio.sleep(0.02)

    asking = asyncio.create_task(ask())
    await standin.carry_out()
    asking.cancel()
    assert seen <= {"1.1.0", "2.2.0"}
    started = [each for each in await standin.told() if isinstance(each, e.MigrationStarted)]
    assert all(each.isolated for each in started)
    assert {each.port is None for each in started} == {standin.config.kind == "compose"}


@pytest.mark.kinds("npx", "compose")
async def test_a_failure_in_the_third_leg_returns_to_the_first_version(standin: World) -> None:
    """The version the user started from answers again, with every row and column as they were."""
    if standin.config.kind == "compose":  # then its stops have a private port in place of a private network
        await standin.reconfigure(cutover="at-once")
    before = await standin.shape()
    await begun(standin, "2.3.0")
    loaded = await standin.carry_out()
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.instance.last
    assert loaded.state.instance.last.outcome == "rolled_back"
    assert loaded.state.instance.version == "1.1.0" == await standin.running()
    assert await standin.shape() == before
    assert "2302-link-owners" in (await standin.problem()).detail
    started = [each for each in await standin.told() if isinstance(each, e.MigrationStarted)]
    assert None not in [each.port for each in started[:-1]]
    first, *later = await copies(standin)
    assert len(later) == 2
    assert first not in await standin.databases()
    kept = await standin.kept("database")
    assert set(later) < set(kept)
    assert len(kept) == 3
    assert len(await standin.gateways()) == 1
    await standin.write("after the way back")


@pytest.mark.kinds("npx")
async def test_a_rollback_after_three_legs_goes_back_to_the_beginning(standin: World) -> None:
    """The way back of the whole upgrade passes over its stops."""
    before = await standin.shape()
    await begun(standin, "2.2.0")
    await standin.carry_out()
    loaded = await standin.roll_back(accept=True)
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.instance.version == "1.1.0" == await standin.running()
    assert await standin.shape() == before
    assert (await copies(standin))[1] in await standin.databases()
