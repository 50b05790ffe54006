"""What every kind of deployment must do when something goes wrong after the stop: go back by itself."""

import contextlib
import sys
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace as changed

from domain import events as e
from domain import states as s
from domain.commands import Retry
from store.outputs import Outputs
from tests.databases import run
from tests.hooked import upgrade
from tests.world import PASSWORD, World
from workers import process, shell
from workers.environment import inherited
from workers.failure import StepFailed
from workers.process import Process
from workers.steps import rollback
from workers.work import Work


async def _rolled_back(standin: World, target: str, code: str) -> e.RollbackStarted:
    """An upgrade that is taken back by itself: schema and rows are those of before, the failed database is kept."""
    before = await standin.shape()
    loaded = await standin.upgrade(target)
    turned = await standin.one(e.RollbackStarted)
    assert turned.problem
    assert turned.problem.code == code
    assert turned.problem.todo
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.it.version == "1.1.0" == await standin.running()
    assert await standin.shape() == before
    assert len(await standin.gateways()) == 1
    (kept,) = await standin.kept("database")
    assert await standin.databases() == {standin.database, kept}
    return turned


async def test_a_migration_that_fails_half_way_is_taken_back(standin: World) -> None:
    """The history names the migration and the reason; what it had changed is in the database kept aside."""
    turned = await _rolled_back(standin, "1.2.0", "migration-failed")
    assert turned.problem
    assert "1202-link-labels failed, 4 of 5 are applied" in turned.problem.detail
    assert "unique constraint" in turned.problem.detail
    (kept,) = await standin.kept("database")
    assert await standin.rows("SELECT name FROM items", kept) == [("FIRST",)]


async def test_a_process_that_ends_before_it_serves_is_taken_back(standin: World) -> None:
    """The code it ended with and what it said last stand in the log."""
    turned = await _rolled_back(standin, "1.5.0", "start-failed")
    assert turned.problem
    assert "ended with code 3" in turned.problem.detail
    assert "cannot go on" in turned.problem.seen


async def test_health_that_never_comes_is_taken_back(standin: World) -> None:
    """After its patience without progress a start is given up, and the log says what was seen."""
    await standin.reconfigure(patience_seconds=2)
    turned = await _rolled_back(standin, "1.4.0", "never-healthy")
    assert turned.problem
    assert "503" in turned.problem.detail


async def test_a_doctor_that_complains_is_believed(standin: World) -> None:
    """A new version that is healthy but not well ends rolled back in verify."""
    turned = await _rolled_back(standin, "1.6.0", "verify-doctor")
    assert turned.step == "verify"
    assert turned.problem
    assert "the rank of some items is unknown" in turned.problem.detail


async def test_a_failed_upgrade_can_be_retried(standin: World) -> None:
    """After the data was mended a retry goes through, under the same upgrade and as its second attempt."""
    await upgrade(standin, "2.0.0", MigrationStarted=lambda: _limit(standin, 0))
    assert await standin.running() == "1.1.0"
    await standin.ask(Retry(await standin.upgrade_id()))
    loaded = await standin.carry_out()
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.it.version == "2.0.0" == await standin.running()
    assert loaded.state.it.succeeded
    assert loaded.state.it.succeeded.attempt == 2
    assert len(await standin.databases()) == 3


async def _limit(standin: World, connections: int) -> None:
    await run(standin.server, f"ALTER DATABASE {standin.database} CONNECTION LIMIT {connections}")


@pytest.mark.npx
async def test_a_database_that_refuses_the_new_version_is_taken_back(standin: World) -> None:
    """A database that lets nobody in when the new version starts ends rolled back, with what the version said."""
    before = await standin.shape()
    loaded = await upgrade(standin, "2.0.0", MigrationStarted=lambda: _limit(standin, 0))
    assert isinstance(loaded.state, s.Idle)
    turned = await standin.one(e.RollbackStarted)
    assert turned.problem
    assert turned.problem.code == "start-failed"
    assert "too many connections" in turned.problem.detail
    assert await standin.running() == "1.1.0"
    assert await standin.shape() == before


@pytest.mark.npx
async def test_a_role_locked_out_for_a_while_is_waited_for(standin: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way back is tried again while the server refuses the role, and ends well once it does not."""
    before = await standin.shape()
    lock, unlock = (f"ALTER ROLE {standin.database} {word}" for word in ("NOLOGIN", "LOGIN"))
    restore, tries = rollback._restore, []

    async def until_let_in(work: Work) -> None:
        tries.append(work)
        try:
            await restore(work)
        except StepFailed:
            await run(standin.server, unlock)
            raise

    monkeypatch.setattr(rollback, "_restore", until_let_in)
    loaded = await upgrade(standin, "2.0.0", MigrationStarted=lambda: run(standin.server, lock))
    assert isinstance(loaded.state, s.Idle)
    problem = await standin.problem()
    assert problem.code == "database-error"
    assert "not permitted to log in" in problem.detail
    assert len(tries) == 2
    assert await standin.running() == "1.1.0"
    assert await standin.shape() == before


async def test_a_port_that_stays_taken_ends_inconsistent_until_it_is_free(standin: World) -> None:
    """Whoever took the port is named and left alone; after it left, a retry brings the old version back."""
    before = await standin.shape()
    async with _thief(standin) as thief:
        loaded = await standin.upgrade("2.0.0")
        assert isinstance(loaded.state, s.Inconsistent)
        problem = loaded.state.problem
        assert problem.code == "port-taken"
        assert f"Port {standin.config.port} is taken by process {thief.pid}" in problem.detail
        assert "End that process" in problem.todo
        assert thief.alive()
    await standin.ask(Retry(await standin.upgrade_id()))
    loaded = await standin.carry_out()
    assert isinstance(loaded.state, s.Idle)
    assert await standin.running() == "1.1.0"
    assert await standin.shape() == before


@pytest.mark.npx
async def test_a_port_that_is_given_back_in_time_ends_rolled_back(standin: World) -> None:
    """The way back asks again, and finds the port free once the stranger has left."""
    before = await standin.shape()
    async with _thief(standin) as thief:
        loaded = await upgrade(standin, "2.0.0", DatabaseRestored=lambda: process.end(thief))
    assert isinstance(loaded.state, s.Idle)
    assert (await standin.problem()).code == "port-taken"
    assert await standin.running() == "1.1.0"
    assert await standin.shape() == before


THIEF = """
import socket, sys, time
held = socket.socket()
held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
while True:
    try:
        held.bind(("127.0.0.1", int(sys.argv[1])))
        held.listen()
        break
    except OSError:
        time.sleep(0.001)
print("taken", flush=True)
time.sleep(600)
"""


@contextlib.asynccontextmanager
async def _thief(standin: World) -> AsyncIterator[Process]:
    """Somebody who takes the port as soon as it is free, and answers nobody."""
    log = standin.host.room(standin.instance_id) / "thief.log"
    port = str(standin.config.port)
    child = shell.supervise([sys.executable, "-c", THIEF, port], env=inherited(), log=log)
    try:
        yield process.of(child.pid)
    finally:
        await child.stop()


@pytest.mark.npx
async def test_no_secret_reaches_the_log(standin: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway that prints its password and its secrets when it fails puts neither into the log."""
    token = "a-token/to look for"
    monkeypatch.setenv("ASTROLABE_SECRET_TELLS", token)
    await standin.reconfigure(secrets={"STANDIN_TELLS": "env:ASTROLABE_SECRET_TELLS"})
    await standin.stop()
    await standin.owner_starts()
    await standin.upgrade("1.2.0")
    said = [log.read_text() for log in standin.driver.log("x").parent.iterdir()]
    assert any(PASSWORD in each and token in each for each in said)
    assert any("[REDACTED]" in each for each in (await standin.problem()).seen)
    output = (await standin.problem()).output
    assert output
    kept = await Outputs(standin.log_database).get(output)
    assert kept
    assert b"[REDACTED]" in kept
    assert PASSWORD.encode() not in kept
    assert b"to look for" not in kept
    stored = await standin.log_database.pool.fetch("SELECT entry FROM event")
    assert len(stored) > 10
    for row in stored:
        assert PASSWORD not in row["entry"]
        assert "to look for" not in row["entry"]


@pytest.mark.npx
async def test_a_password_that_is_also_a_name_breaks_nothing(standin: World) -> None:
    """Where the password is the database's name, as on many a small host, the way back still finds its databases."""
    await run(standin.server, f"ALTER ROLE {standin.database} PASSWORD '{standin.database}'")
    (standin.host.folder / "secrets" / "same").write_text(standin.database)
    assert standin.config.database
    where = changed(standin.config.database, password=f"file:{standin.host.folder / 'secrets' / 'same'}")
    await standin.reconfigure(database=where)
    await standin.stop()
    await standin.owner_starts()
    before = await standin.shape()
    await standin.upgrade("2.0.0")
    assert await standin.running() == "2.0.0"
    await standin.roll_back(accept=True)
    assert await standin.running() == "1.1.0"
    assert await standin.shape() == before


@pytest.mark.npx
async def test_what_cannot_be_discarded_now_is_discarded_later(standin: World) -> None:
    """A server that refuses when retention ends holds nothing up: the discard is done when it is asked for again."""
    await standin.reconfigure(retention_hours=0)
    lock, unlock = (f"ALTER ROLE {standin.database} {word}" for word in ("NOLOGIN", "LOGIN"))
    await upgrade(standin, "1.2.0", UpgradeRolledBack=lambda: run(standin.server, lock))
    assert len(await standin.kept("database")) == 1
    assert await standin.running() == "1.1.0"
    await run(standin.server, unlock)
    await standin.carry_out()
    assert await standin.kept("database") == []
    assert await standin.databases() == {standin.database}


@pytest.mark.npx
async def test_a_secret_that_vanishes_ends_inconsistent_until_it_is_back(
    standin: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither version can be started without it; the log names it, and a retry after it was set brings 1.1.0 back."""
    before = await standin.shape()
    monkeypatch.setenv("ASTROLABE_SECRET_TOKEN", "a token")
    await standin.reconfigure(secrets={"STANDIN_TOKEN": "env:ASTROLABE_SECRET_TOKEN"})

    async def vanish() -> None:
        monkeypatch.delenv("ASTROLABE_SECRET_TOKEN")

    loaded = await upgrade(standin, "2.0.0", MigrationStarted=vanish)
    assert isinstance(loaded.state, s.Inconsistent)
    assert loaded.state.problem.code == "secret-missing"
    assert "Set env:ASTROLABE_SECRET_TOKEN" in loaded.state.problem.todo
    monkeypatch.setenv("ASTROLABE_SECRET_TOKEN", "a token")
    await standin.ask(Retry(await standin.upgrade_id()))
    loaded = await standin.carry_out()
    assert isinstance(loaded.state, s.Idle)
    assert await standin.running() == "1.1.0"
    assert await standin.shape() == before
