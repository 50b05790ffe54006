"""What every kind of deployment must do when all goes well, tried with a gateway that migrates at start."""

import asyncio
import contextlib
import hashlib
import time
from pathlib import Path

import asyncpg
import httpx
import pytest

from domain import events as e
from domain import states as s
from domain.commands import RequestUpgrade
from store.ids import new_id
from tests.databases import run
from tests.waiting import ended
from tests.world import World
from workers import process, tools
from workers.shell import run as run_command


class Prober:
    """Somebody who uses the gateway all the time: writes, and notes when it answered."""

    def __init__(self, standin: World) -> None:
        self.acknowledged: list[str] = []
        self.answered: list[float] = []
        self._url = standin.url

    @contextlib.asynccontextmanager
    async def at_work(self):
        """Use the gateway while the block runs."""
        async with httpx.AsyncClient(base_url=self._url, trust_env=False, timeout=2) as http:
            tasks = [asyncio.create_task(each(http)) for each in (self._write, self._ask)]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)

    async def _write(self, http: httpx.AsyncClient) -> None:
        for number in range(100_000):
            with contextlib.suppress(httpx.HTTPError):
                answer = await http.post("/items", json={"name": f"item-{number}"})
                if answer.status_code == 201:
                    self.acknowledged.append(f"item-{number}")
            await asyncio.sleep(0)

    async def _ask(self, http: httpx.AsyncClient) -> None:
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if (await http.get("/health", headers={"Connection": "close"})).status_code == 200:
                    self.answered.append(time.monotonic())
            await asyncio.sleep(0.01)

    @property
    def longest_silence(self) -> float:
        """The longest time between two answers, in seconds."""
        return max(after - before for before, after in zip(self.answered, self.answered[1:], strict=False))


async def test_an_upgrade_keeps_every_write_and_measures_its_downtime(standin: World) -> None:
    """Each write that the old gateway acknowledged is in the new one; the downtime told is what a user saw."""
    user = Prober(standin)
    async with user.at_work():
        loaded = await standin.upgrade("2.0.0")
        await _answers(user, len(user.answered) + 3)
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.it.version == "2.0.0" == await standin.running()
    assert len(user.acknowledged) > 10
    assert set(user.acknowledged) <= set(await standin.items())
    finished = await standin.one(e.MigrationFinished)
    assert (finished.migrations_before, finished.migrations_after) == (3, 4)
    assert finished.last_migration == "2001-drop-note"
    assert finished.downtime_ms > 0
    assert abs(finished.downtime_ms / 1000 - user.longest_silence) < standin.longest_request


async def _answers(user: Prober, count: int) -> None:
    async with asyncio.timeout(10):
        while len(user.answered) < count:
            await asyncio.sleep(0.02)


async def test_every_step_leaves_what_its_event_tells(standin: World) -> None:
    """Plan, dump, copy, migrations and checks in the log are what the registry, the disk and the server hold."""
    await standin.upgrade("2.0.0")
    plan = (await standin.one(e.PreflightPassed)).plan
    for artifact in (plan.old, plan.new):
        assert artifact == standin.published(artifact.version)
    assert {each.name for each in plan.checks} >= {"artifact", "health", "process", "version", "rights", "disk"}
    dump = (await standin.one(e.BackupTaken)).dump
    assert dump
    assert standin.dumps() == [dump.path]
    content = Path(dump.path).read_bytes()
    assert (hashlib.sha256(content).hexdigest(), len(content)) == (dump.sha256, dump.size)
    assert Path(dump.path).stat().st_mode & 0o77 == 0
    assert dump.tables == 3
    copied = (await standin.one(e.DatabaseCopied)).copy
    assert copied
    assert await standin.databases() == {standin.database, copied.database}
    checks = (await standin.one(e.UpgradeSucceeded)).checks
    assert {each.name for each in checks} == {
        "health",
        "version",
        "answered-version",
        "doctor",
        "indexes",
        "migrations",
    }
    assert all(each.ok for each in checks)


@pytest.mark.npx
async def test_the_dump_can_be_restored(standin: World, postgres_server) -> None:
    """The dump restores into an empty database with every row of before."""
    await standin.upgrade("2.0.0")
    dump = (await standin.one(e.BackupTaken)).dump
    assert dump
    name = f"{standin.database}_r"
    url = await postgres_server.create_database(name)
    command = [tools.postgres("pg_restore"), "--exit-on-error", "--no-owner", "--dbname", url, dump.path]
    await run_command(command, env={}, deadline=60)
    assert await standin.rows("SELECT name, note FROM items", name) == [("first", None)]


async def test_latest_is_resolved_to_an_exact_version(standin: World) -> None:
    """The log holds the version that the tag pointed to, not the tag, also when the tag moves meanwhile."""
    await standin.move_latest("2.0.0")
    loaded = await standin.upgrade("latest")
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.it.version == "2.0.0" == await standin.running()
    assert (await standin.one(e.PreflightPassed)).plan.new.version == "2.0.0"


async def test_a_slow_migration_is_not_taken_for_a_failure(standin: World) -> None:
    """While migrations are seen to advance, a start may take many times its patience."""
    # Patience enough for Node to start on a busy machine, and migrations of twice its length.
    await standin.reconfigure(patience_seconds=4, settings={"STANDIN_SLOW_MS": "8000"})
    loaded = await standin.upgrade("1.3.0")
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.it.version == "1.3.0" == await standin.running()
    assert (await standin.one(e.MigrationFinished)).downtime_ms > 8000
    told = [each for each in await standin.told() if isinstance(each, e.StepProgressed) and each.step == "migrate"]
    assert told
    assert (told[0].total, told[0].message) == (10, "migrations applied")


async def test_a_rollback_tells_the_writes_first_and_then_restores_every_row(standin: World) -> None:
    """Writes after the upgrade are told by table, stay in the database kept aside, and the old rows are all back."""
    before = await standin.shape()
    await standin.upgrade("2.0.0")
    await standin.write("second")
    running = await standin.driver.running()
    loaded = await standin.roll_back(accept=False)
    refused = await standin.one(e.RollbackRefused)
    assert refused.writes.total == 1
    assert refused.writes.tables == {"public.items": 1}
    assert refused.problem.code == "writes-would-be-lost"
    assert "1 writes" in refused.problem.detail
    assert isinstance(loaded.state, s.Idle)
    assert await standin.driver.running() == running
    loaded = await standin.roll_back(accept=True)
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.it.version == "1.1.0" == await standin.running()
    assert await standin.shape() == before
    assert (await standin.one(e.DatabaseRestored)).writes == refused.writes
    assert (await standin.one(e.UpgradeRolledBack)).downtime_ms
    await _kept_as_evidence(standin)


async def _kept_as_evidence(standin: World) -> None:
    (kept,) = await standin.kept("database")
    connection = await standin.connects(kept)
    try:
        assert await connection.fetchval("SELECT count(*) FROM items WHERE name = 'second'") == 1
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await connection.execute("DELETE FROM items")
    finally:
        await connection.close()


async def test_a_rollback_that_loses_nothing_needs_no_consent(standin: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing was written since the upgrade, a rollback goes through without anything accepted."""
    monkeypatch.setattr("workers.steps.rollback.FLUSH_SECONDS", 0)
    await standin.upgrade("2.0.0")
    loaded = await standin.roll_back(accept=False)
    assert isinstance(loaded.state, s.Idle)
    assert await standin.running() == "1.1.0"
    turned = await standin.one(e.RollbackStarted)
    assert turned.writes
    assert turned.writes.total == 0


async def test_a_rollback_without_its_copy_is_refused_before_anything_stops(standin: World) -> None:
    """Somebody dropped the copy: the new version goes on, and the log says that there is no way back."""
    await standin.upgrade("2.0.0")
    copied = (await standin.one(e.DatabaseCopied)).copy
    assert copied
    await run(standin.server, f'DROP DATABASE "{copied.database}"')
    running = await standin.driver.running()
    await standin.roll_back(accept=True)
    assert (await standin.one(e.RollbackRefused)).problem.code == "copy-missing"
    assert await standin.driver.running() == running


async def test_a_rollback_fetches_its_artifact_again(standin: World) -> None:
    """Somebody cleared the shelf of the old version: it is pulled before anything stops."""
    await standin.upgrade("2.0.0")
    await standin.unpull("1.1.0")
    await standin.roll_back(accept=True)
    assert await standin.running() == "1.1.0"


@pytest.mark.npx
async def test_up_again_after_a_rollback(standin: World) -> None:
    """After a rollback the same upgrade can be asked for anew, and once more taken back."""
    before = await standin.shape()
    for _ in range(2):
        await standin.upgrade("2.0.0")
        assert await standin.running() == "2.0.0"
        await standin.roll_back(accept=True)
        assert await standin.running() == "1.1.0"
        assert await standin.shape() == before
    assert len(await standin.kept("database")) == 2


@pytest.mark.npx
async def test_a_gateway_that_its_owner_started_is_ended(standin: World) -> None:
    """The process that listened before the upgrade is gone after it, and exactly one gateway runs."""
    running = process.listener(standin.config.port)
    assert running
    await standin.upgrade("2.0.0")
    assert ended(running.pid)
    assert len(await standin.gateways()) == 1


async def test_two_workers_at_once_do_the_work_once(standin: World) -> None:
    """One takes the lease, the other leaves; each fact is told once."""
    await standin.ask(RequestUpgrade(new_id(), "2.0.0"))
    await asyncio.gather(standin.carry_out("one"), standin.carry_out("two"))
    facts = await standin.facts()
    assert len(facts) == len(set(facts))
    assert facts[-1] == "UpgradeSucceeded"
    assert len({each.worker for each in await standin.told() if isinstance(each, e.StepStarted)}) == 1


@pytest.mark.npx
async def test_what_is_kept_goes_when_its_retention_ends(standin: World) -> None:
    """With a retention of nothing, the failed database and the dump are gone once the work is done."""
    await standin.reconfigure(retention_hours=0)
    await standin.upgrade("1.2.0")
    assert await standin.kept("database") == await standin.kept("dump") == []
    assert await standin.databases() == {standin.database}
    assert standin.dumps() == []
    gone = {(each.what, each.name) for each in await standin.told() if isinstance(each, e.KeptDiscarded)}
    restored, taken = await standin.one(e.DatabaseRestored), await standin.one(e.BackupTaken)
    assert taken.dump
    assert gone == {("database", restored.kept), ("dump", taken.dump.path)}
