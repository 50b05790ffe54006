"""Obstacles on a database and its server: what would refuse a copy or a way back is named while nothing is touched."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from astrolabe.cli.servers.account import service_account
from astrolabe.cli.servers.postgres import Postgres
from astrolabe.domain.kinds.postgres import allow_statement
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import RequestRollback, Retry
from astrolabe.domain.upgrades.database_obstacles import DatabaseObstacles, obstacle_checks
from astrolabe.workers.instance.database_obstacles import find_obstacles
from astrolabe.workers.steps import rollback
from tests.databases import run
from tests.drivers.outcomes import refused
from tests.hooked import hooked, upgrade, when
from tests.servers import data_folder
from tests.standin.registry import Registry
from tests.world import World, world

PREPARE = "BEGIN; INSERT INTO items (name) VALUES ('p'); PREPARE TRANSACTION 'left'"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def able_server() -> AsyncIterator[Postgres]:
    """A server that prepares transactions and decodes its log."""
    with data_folder() as folder:
        server = Postgres(folder, service_account(), fast=True)
        await server.start()
        await server.sql("ALTER SYSTEM SET max_prepared_transactions = 8")
        await server.sql("ALTER SYSTEM SET wal_level = 'logical'")
        await server.stop()
        await server.start()
        yield server
        await server.stop()


@pytest_asyncio.fixture
async def able(
    able_server: Postgres, registry: Registry, host_folder: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    """A stand-in 1.1.0 that runs on that server and is registered."""
    monkeypatch.setattr(rollback, "PAUSE_SECONDS", 0.1)
    async with world(able_server, registry, host_folder, database_url) as made:
        await made.owner_starts()
        await made.register()
        yield made
        for (name,) in await made.rows("SELECT gid FROM pg_prepared_xacts"):
            await run(able_server, allow_statement(made.database, allow=True))
            await finish(made, f"ROLLBACK PREPARED '{name}'")


@contextlib.asynccontextmanager
async def session(standin: World, *, superuser: bool = False) -> AsyncGenerator[Any]:
    """Somebody else's session in the instance's database."""
    connection: Any = await (asyncpg.connect(standin.server.url(standin.database)) if superuser else standin.connects())
    try:
        yield connection
    finally:
        connection.terminate()


async def prepare(standin: World) -> None:
    """Leave a prepared transaction behind."""
    async with session(standin) as connection:
        await connection.execute(PREPARE)


async def finish(standin: World, statement: str) -> None:
    """Finish it as the owner would."""
    async with session(standin) as connection:
        await connection.execute(statement)


async def obstacles(standin: World) -> DatabaseObstacles:
    """What stands in the way of a copy."""
    assert standin.driver.database
    return await find_obstacles(standin.driver.database)


async def ends_at(standin: World, version: str) -> None:
    """The instance is idle and runs this version."""
    state = (await standin.loaded()).state
    assert isinstance(state, s.Idle), state
    assert state.instance.version == version, (await standin.told())[-1]
    assert await standin.running() == version


@pytest.mark.kinds("npx")
async def test_a_collation_version_that_differs_is_refused_with_the_servers_own_hint(standin: World) -> None:
    """The server would refuse to copy the stopped database."""
    await run(standin.server, f"UPDATE pg_database SET datcollversion = '1.0' WHERE datname = '{standin.database}'")
    problem = (await refused(standin, "2.0.0", "preflight-collation")).problem
    assert "created using collation version 1.0" in problem.detail
    assert f'ALTER DATABASE "{standin.database}" REFRESH COLLATION VERSION;' in problem.detail


async def test_a_prepared_transaction_is_refused_with_the_statements_that_finish_it(able: World) -> None:
    """It would hold the stopped database fast; finished, it does not."""
    await prepare(able)
    problem = (await refused(able, "2.0.0", "preflight-prepared-transactions")).problem
    assert "ROLLBACK PREPARED 'left'; or COMMIT PREPARED 'left';" in problem.detail
    await finish(able, "COMMIT PREPARED 'left'")
    assert await able.items() == ["p"]
    assert (await obstacles(able)).prepared == ()


async def test_a_transaction_prepared_after_preflight_stops_nothing(able: World) -> None:
    """Everything is looked at once more before the stop: an approval may take days."""
    running = await able.driver.running()
    await upgrade(able, "2.0.0", PreflightPassed=lambda: prepare(able))
    failed = await able.one(e.UpgradeFailed)
    assert (failed.step, failed.problem.code) == ("pull", "prepared-transactions")
    assert await able.driver.running() == running
    await finish(able, "ROLLBACK PREPARED 'left'")


async def test_a_rollback_that_could_not_end_is_not_begun(able: World) -> None:
    """A transaction was prepared since; another collation version keeps no database from being renamed."""
    await able.upgrade("2.0.0")
    await prepare(able)
    await run(able.server, f"UPDATE pg_database SET datcollversion = '1.0' WHERE datname = '{able.database}'")
    await able.roll_back(accept=True)
    refusal = await able.one(e.RollbackRefused)
    assert (refusal.problem.code, "ROLLBACK PREPARED 'left'" in refusal.problem.detail) == (
        "prepared-transactions",
        True,
    )
    await ends_at(able, "2.0.0")
    await finish(able, "ROLLBACK PREPARED 'left'")
    await able.roll_back(accept=True)
    await ends_at(able, "1.1.0")


async def test_a_transaction_prepared_on_the_way_back_is_told_with_what_a_person_types(able: World) -> None:
    """Nobody else may decide about it: the statements are exact, and after them a retry ends the way back."""
    await able.upgrade("2.0.0")
    await able.ask(RequestRollback(await able.upgrade_id(), accept_lost_writes=True))
    await hooked(able, "worker-1", when({"after RollbackStarted": lambda: prepare(able)}))(able.instance_id)
    state = (await able.loaded()).state
    assert isinstance(state, s.Inconsistent)
    assert (state.problem.code, state.problem.seen) == ("prepared-transactions", ("left",))
    allow = allow_statement(able.database, allow=True)
    assert state.problem.todo.startswith(f"Run {allow}; and then, connected to {able.database}, ROLLBACK PREPARED")
    await run(able.server, allow)
    await finish(able, "ROLLBACK PREPARED 'left'")
    await able.ask(Retry(await able.upgrade_id()))
    await able.carry_out()
    await ends_at(able, "1.1.0")


@pytest.mark.kinds("npx")
async def test_a_session_that_the_role_may_not_end_is_named_beforehand(standin: World) -> None:
    """A superuser's would keep the stopped database from being copied, and later from being renamed."""
    async with session(standin, superuser=True) as held:
        pid = await held.fetchval("SELECT pg_backend_pid()")
        problem = (await refused(standin, "2.0.0", "preflight-foreign-sessions")).problem
        assert f"SELECT pg_terminate_backend({pid});" in problem.detail
    await standin.upgrade("2.0.0")
    await ends_at(standin, "2.0.0")
    async with session(standin, superuser=True):
        await standin.roll_back(accept=True)
        assert (await standin.one(e.RollbackRefused)).problem.code == "foreign-sessions"
        await ends_at(standin, "2.0.0")
    await standin.roll_back(accept=True)
    await ends_at(standin, "1.1.0")


@pytest.mark.kinds("npx")
async def test_a_session_that_leaves_by_itself_is_waited_for(standin: World) -> None:
    """A monitor that looks in every few seconds, as a superuser, is no reason to refuse."""

    async def look_in() -> None:
        for _ in range(100):
            async with session(standin, superuser=True):
                await asyncio.sleep(0.3)

    monitor = asyncio.create_task(look_in())
    try:
        for _ in range(3):
            assert (await obstacles(standin)).sessions == ()
    finally:
        monitor.cancel()
        await asyncio.wait((monitor,))


async def test_slots_and_subscriptions_are_told_with_what_becomes_of_them(able: World) -> None:
    """They stay with the database that was upgraded, so a way back leaves them on the one kept aside."""
    async with session(able, superuser=True) as owner:
        await owner.execute("SELECT pg_create_logical_replication_slot('feed', 'pgoutput')")
        await owner.execute("CREATE SUBSCRIPTION news CONNECTION 'host=nowhere' PUBLICATION p WITH (connect = false)")
    try:
        told = {check.name: check for check in obstacle_checks(await obstacles(able))}["replication"]
        assert told.ok
        assert told.seen.startswith("slots: feed; subscriptions: news; these stay with the upgraded database")
    finally:
        async with session(able, superuser=True) as owner:
            await owner.execute("ALTER SUBSCRIPTION news SET (slot_name = NONE)")
            await owner.execute("DROP SUBSCRIPTION news")
