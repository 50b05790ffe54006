"""What every kind of deployment must do, tried on the npx kind with a gateway that migrates at start."""

import asyncio
import contextlib
import hashlib
import socket
from pathlib import Path

import httpx

from domain import events as e
from domain import states as s
from domain.commands import RequestUpgrade, Retry
from store.ids import new_id
from tests.databases import run
from tests.world import PASSWORD, World


async def test_an_upgrade_migrates_and_keeps_every_write(standin: World) -> None:
    """A writer that hammers the old gateway until it stops finds each acknowledged item in the new version."""
    acknowledged: list[str] = []

    async def hammer() -> None:
        async with httpx.AsyncClient(base_url=standin.url, trust_env=False) as http:
            for number in range(100_000):
                with contextlib.suppress(httpx.HTTPError):
                    answer = await http.post("/items", json={"name": f"item-{number}"})
                    if answer.status_code == 201:
                        acknowledged.append(f"item-{number}")
                await asyncio.sleep(0)

    writer = asyncio.create_task(hammer())
    loaded = await standin.upgrade("2.0.0")
    writer.cancel()
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.it.version == "2.0.0" == standin.running()
    assert len(acknowledged) > 10
    assert set(acknowledged) <= set(await standin.items())
    finished = await standin.one(e.MigrationFinished)
    assert isinstance(finished, e.MigrationFinished)
    assert finished.last_migration == "2001-drop-note"
    assert 0 < finished.downtime_ms < 20_000


async def test_the_dump_is_what_the_log_says(standin: World) -> None:
    """The dump's file has the size and the SHA-256 that its event tells, and no unfinished file is left."""
    await standin.upgrade("2.0.0")
    taken = await standin.one(e.BackupTaken)
    assert isinstance(taken, e.BackupTaken)
    assert taken.dump
    path = Path(taken.dump.path)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == taken.dump.sha256
    assert path.stat().st_size == taken.dump.size
    assert [each.suffix for each in path.parent.iterdir()] == [".dump"]


async def test_latest_is_resolved_to_an_exact_version(standin: World) -> None:
    """The log holds the version and the integrity that the tag pointed to, not the tag."""
    standin.registry.tag("standin-gateway", "2.0.0")
    loaded = await standin.upgrade("latest")
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.it.version == "2.0.0"
    passed = await standin.one(e.PreflightPassed)
    assert isinstance(passed, e.PreflightPassed)
    assert passed.plan.new.integrity == standin.registry.package("standin-gateway", "2.0.0").integrity


async def test_a_rollback_tells_the_writes_first_and_then_restores_every_row(standin: World) -> None:
    """Writes after the upgrade are told by table, stay in the database kept aside, and the old rows are all back."""
    before = await standin.shape()
    await standin.upgrade("2.0.0")
    await standin.write("second")
    loaded = await standin.roll_back(accept=False)
    refused = await standin.one(e.RollbackRefused)
    assert isinstance(refused, e.RollbackRefused)
    assert refused.writes.tables["public.items"] == 1
    assert isinstance(loaded.state, s.Idle)
    assert standin.running() == "2.0.0"
    loaded = await standin.roll_back(accept=True)
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.it.version == "1.1.0" == standin.running()
    assert await standin.shape() == before
    (kept,) = [each.name for each in loaded.state.it.kept if each.what == "database"]
    assert ("second",) in await standin.rows("SELECT name FROM items", kept)
    assert await standin.rows("SHOW default_transaction_read_only", kept) == [("on",)]


async def test_a_migration_that_fails_half_way_is_taken_back(standin: World) -> None:
    """The old version answers with the schema and rows of before; the history names the migration and the reason."""
    before = await standin.shape()
    loaded = await standin.upgrade("1.2.0")
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.it.version == "1.1.0" == standin.running()
    assert await standin.shape() == before
    turned = await standin.one(e.RollbackStarted)
    assert isinstance(turned, e.RollbackStarted)
    assert turned.problem
    assert turned.problem.code == "migration-failed"
    assert "1202-link-labels" in turned.problem.detail
    assert "unique constraint" in turned.problem.detail
    (kept,) = [each.name for each in loaded.state.it.kept if each.what == "database"]
    assert ("FIRST",) in await standin.rows("SELECT name FROM items", kept)


async def test_a_process_that_ends_before_it_serves_is_taken_back(standin: World) -> None:
    """The code it ended with and what it said last stand in the log."""
    loaded = await standin.upgrade("1.5.0")
    assert isinstance(loaded.state, s.Idle)
    assert standin.running() == "1.1.0"
    turned = await standin.one(e.RollbackStarted)
    assert isinstance(turned, e.RollbackStarted)
    assert turned.problem
    assert "ended with code 3" in turned.problem.detail
    assert "cannot go on" in turned.problem.seen


async def test_health_that_never_comes_is_taken_back(standin: World) -> None:
    """After the patience without progress the upgrade ends rolled back, and says what it saw."""
    loaded = await standin.upgrade("1.4.0")
    assert isinstance(loaded.state, s.Idle)
    assert standin.running() == "1.1.0"
    turned = await standin.one(e.RollbackStarted)
    assert isinstance(turned, e.RollbackStarted)
    assert turned.problem
    assert turned.problem.code == "never-healthy"
    assert "503" in turned.problem.detail


async def test_a_doctor_that_complains_is_believed(standin: World) -> None:
    """A new version that is healthy but not well ends rolled back in verify."""
    loaded = await standin.upgrade("1.6.0")
    assert isinstance(loaded.state, s.Idle)
    assert standin.running() == "1.1.0"
    turned = await standin.one(e.RollbackStarted)
    assert isinstance(turned, e.RollbackStarted)
    assert turned.step == "verify"
    assert turned.problem
    assert "the rank of some items is unknown" in turned.problem.detail


async def test_a_tampered_tarball_stops_nothing(standin: World) -> None:
    """What does not match the planned integrity is refused in pull, and the old process goes on."""
    running = standin.driver.running()
    standin.registry.tamper("standin-gateway", "1.3.0")
    loaded = await standin.upgrade("1.3.0")
    assert isinstance(loaded.state, s.Idle)
    failed = await standin.one(e.UpgradeFailed)
    assert isinstance(failed, e.UpgradeFailed)
    assert (failed.step, failed.problem.code) == ("pull", "wrong-artifact")
    assert standin.driver.running() == running


async def test_an_unknown_version_is_refused(standin: World) -> None:
    """Preflight says that the registry has no such version, and nothing is touched."""
    await standin.upgrade("9.9.9")
    refused = await standin.one(e.UpgradeRefused)
    assert isinstance(refused, e.UpgradeRefused)
    assert refused.problem.code == "version-unknown"
    assert standin.running() == "1.1.0"


async def test_a_registry_that_is_down_is_told_apart_from_an_unknown_version(standin: World) -> None:
    """Preflight says that the registry cannot be reached; once it can, a retry goes through."""
    standin.registry.failing = True
    await standin.upgrade("2.0.0")
    refused = await standin.one(e.UpgradeRefused)
    assert isinstance(refused, e.UpgradeRefused)
    assert refused.problem.code == "registry-unreachable"
    standin.registry.failing = False
    await standin.ask(Retry(await standin.upgrade_id()))
    loaded = await standin.carry_out()
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.it.version == "2.0.0"


async def test_an_instance_that_does_not_run_is_refused(standin: World) -> None:
    """What is down already is not upgraded: a person should know first."""
    running = standin.driver.running()
    assert running
    await standin.driver.stop(running.process)
    await standin.upgrade("2.0.0")
    refused = await standin.one(e.UpgradeRefused)
    assert isinstance(refused, e.UpgradeRefused)
    assert refused.problem.code == "preflight-health"


async def test_another_version_than_the_log_believes_is_refused(standin: World) -> None:
    """Drift is told with both versions."""
    running = standin.driver.running()
    assert running
    await standin.driver.stop(running.process)
    await standin.owner_starts("1.6.0")
    await standin.upgrade("2.0.0")
    refused = await standin.one(e.UpgradeRefused)
    assert isinstance(refused, e.UpgradeRefused)
    assert refused.problem.code == "preflight-version"
    assert "1.6.0" in refused.problem.detail
    assert "1.1.0" in refused.problem.detail


async def test_a_role_without_createdb_is_refused_with_what_to_do(standin: World) -> None:
    """Preflight finds out before anything stops that no copy could be made."""
    await run(standin.server, f"ALTER ROLE {standin.database} NOCREATEDB")
    await standin.upgrade("2.0.0")
    refused = await standin.one(e.UpgradeRefused)
    assert isinstance(refused, e.UpgradeRefused)
    assert refused.problem.code == "preflight-rights"
    assert "CREATEDB" in refused.problem.todo


async def test_a_port_taken_while_it_was_down_ends_inconsistent_until_it_is_free(standin: World) -> None:
    """Whoever took the port is named; after it left, a retry brings the old version back with all its data."""
    before = await standin.shape()
    async with _thief(standin.config.port):
        loaded = await standin.upgrade("2.0.0")
        assert isinstance(loaded.state, s.Inconsistent)
        assert loaded.state.problem.code == "port-taken"
        assert str(standin.config.port) in loaded.state.problem.detail
    await standin.ask(Retry(await standin.upgrade_id()))
    loaded = await standin.carry_out()
    assert isinstance(loaded.state, s.Idle)
    assert standin.running() == "1.1.0"
    assert await standin.shape() == before


@contextlib.asynccontextmanager
async def _thief(port: int):
    """Listen on a port as soon as it is free, as a stranger who answers nobody."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

        async def grab() -> None:
            while True:
                try:
                    held.bind(("127.0.0.1", port))
                    held.listen()
                except OSError:
                    await asyncio.sleep(0)
                else:
                    return

        grabbing = asyncio.create_task(grab())
        yield
        await grabbing


async def test_no_secret_reaches_the_log(standin: World) -> None:
    """The database's password is in no event, also when the database's own error is told."""
    await run(standin.server, f"ALTER ROLE {standin.database} PASSWORD 'another'")
    await standin.upgrade("2.0.0")
    assert await standin.one(e.UpgradeRefused)
    assert all(PASSWORD not in each.entry for each in (await standin.loaded()).history)


async def test_what_is_kept_goes_when_its_retention_ends(standin: World) -> None:
    """With a retention of nothing, the failed database and the dump are gone once the work is done."""
    standin.config = standin.config.__class__(
        **{name: getattr(standin.config, name) for name in standin.config.__struct_fields__} | {"retention_hours": 0}
    )
    from domain.commands import Reconfigure

    await standin.ask(Reconfigure(standin.config))
    loaded = await standin.upgrade("1.2.0")
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.it.kept == ()
    assert await standin.databases() == {standin.database}
    assert [type(each) for each in await standin.told()].count(e.KeptDiscarded) == 2


async def test_two_workers_at_once_do_the_work_once(standin: World) -> None:
    """One takes the lease, the other leaves; each fact is told once."""
    await standin.ask(RequestUpgrade(new_id(), "2.0.0"))
    await asyncio.gather(standin.carry_out("one"), standin.carry_out("two"))
    facts = [type(each) for each in await standin.told() if not isinstance(each, e.StepStarted | e.StepProgressed)]
    assert len(facts) == len(set(facts))
    assert facts[-1] is e.UpgradeSucceeded
