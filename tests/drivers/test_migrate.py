"""Migrate: the new version in the place of the old one, with every write, and the downtime that a user saw."""

import asyncio

import pytest

from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import RequestUpgrade
from astrolabe.store.ids import new_id
from astrolabe.store.progress import ProgressBoard
from astrolabe.workers.instance import process
from tests.databases import run
from tests.drivers.outcomes import refused
from tests.drivers.prober import Prober
from tests.waiting import ended
from tests.world import World


async def test_an_upgrade_keeps_every_write_and_measures_its_downtime(standin: World) -> None:
    """Each write that the old gateway acknowledged is in the new one; the downtime told is what a user saw."""
    if not standin.serves:
        await _replaced_and_nothing_stopped(standin)
        return
    user = Prober(standin)
    async with user.at_work():
        loaded = await standin.upgrade("2.0.0")
        await _answers(user, len(user.answered) + 3)
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.instance.version == "2.0.0" == await standin.running()
    assert len(user.acknowledged) > 10
    assert set(user.acknowledged) <= set(await standin.items())
    finished = await standin.one(e.MigrationFinished)
    assert (finished.migrations_before, finished.migrations_after) == (3, 4)
    assert finished.last_migration == "2001-drop-note"
    downtime = (await standin.one(e.UpgradeSucceeded)).downtime_ms or finished.downtime_ms
    assert downtime
    assert abs(downtime / 1000 - user.longest_silence) < standin.longest_request


async def _replaced_and_nothing_stopped(standin: World) -> None:
    """What serves nobody and keeps no data is replaced; that nothing is stopped, copied or migrated is told."""
    before = await standin.shape()
    await standin.upgrade("2.0.0")
    assert await standin.running() == "2.0.0"
    assert await standin.shape() != before
    assert await standin.summary(e.InstanceStopped) == "nothing serves, so no stop"
    assert await standin.summary(e.DatabaseCopied) == "no database to copy"
    finished = await standin.one(e.MigrationFinished)
    assert (finished.migrations_before, finished.migrations_after, finished.last_migration) == (None, None, None)


async def _answers(user: Prober, count: int) -> None:
    async with asyncio.timeout(30):
        while len(user.answered) < count:
            await asyncio.sleep(0.02)


@pytest.mark.kinds("npx")
async def test_latest_is_resolved_to_an_exact_version(standin: World) -> None:
    """The log holds the version that the tag pointed to, not the tag, also when the tag moves meanwhile."""
    await standin.move_latest("2.0.0")
    loaded = await standin.upgrade("latest")
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.instance.version == "2.0.0" == await standin.running()
    assert (await standin.one(e.PreflightPassed)).plan.new.version == "2.0.0"


@pytest.mark.kinds("npx", "compose")
async def test_a_slow_migration_is_not_taken_for_a_failure(standin: World) -> None:
    """While migrations are seen to advance, a start may take many times its patience."""
    # Patience enough for Node to start on a busy machine, and migrations of twice its length.
    await standin.reconfigure(patience_seconds=4, settings={"STANDIN_SLOW_MS": "8000"})
    loaded = await standin.upgrade("1.3.0")
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.instance.version == "1.3.0" == await standin.running()
    assert (await standin.one(e.MigrationFinished)).downtime_ms > 8000
    tick = await ProgressBoard(standin.log_database).latest(standin.instance_id, await standin.upgrade_id())
    assert tick
    assert tick.amount
    assert (tick.step, tick.amount.total, tick.amount.unit) == ("migrate", 10, "migrations")
    assert 0 < tick.amount.done <= 10
    assert not [each for each in await standin.told() if isinstance(each, e.StepProgressed)]


@pytest.mark.kinds("npx")
async def test_a_gateway_that_its_owner_started_is_ended(standin: World) -> None:
    """The process that listened before the upgrade is gone after it, and exactly one gateway runs."""
    running = process.listener(standin.config.gateway_port)
    assert running
    await standin.upgrade("2.0.0")
    assert ended(running.pid)
    assert len(await standin.gateways()) == 1


@pytest.mark.kinds("npx")
async def test_two_workers_at_once_do_the_work_once(standin: World) -> None:
    """One takes the lease, the other leaves; each fact is told once."""
    await standin.ask(RequestUpgrade(new_id(), "2.0.0"))
    await asyncio.gather(standin.carry_out("one"), standin.carry_out("two"))
    facts = await standin.facts()
    assert len(facts) == len(set(facts))
    assert facts[-1] == "UpgradeSucceeded"
    assert len({each.worker for each in await standin.told() if isinstance(each, e.StepStarted)}) == 1


@pytest.mark.kinds("npx")
@pytest.mark.parametrize(
    ("harm", "code", "todo"),
    [
        ("ALTER ROLE {name} NOCREATEDB", "preflight-rights", "CREATEDB"),
        ("ALTER DATABASE {name} OWNER TO CURRENT_USER", "preflight-rights", "own its database"),
        ("ALTER DATABASE {name} SET log_min_duration_statement = 0", "preflight-settings", "settings"),
        ("ALTER ROLE {name} PASSWORD 'another'", "database-error", "database settings"),
    ],
)
async def test_a_database_that_could_not_be_copied_is_refused(standin: World, harm: str, code: str, todo: str) -> None:
    """What would keep the copy from being made, or from being as the database is, is found before anything stops."""
    await run(standin.server, harm.format(name=standin.database))
    assert todo in (await refused(standin, "2.0.0", code)).problem.todo
