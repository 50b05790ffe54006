"""Any process may die at any instant."""

import asyncio
import contextlib
import shutil
import signal
from itertools import pairwise

import asyncpg
import psutil
import pytest

from astrolabe.cli.servers.valkey import Valkey
from astrolabe.domain.words import STEPS
from astrolabe.workers.instance import process
from astrolabe.workers.kinds.npm import npm
from astrolabe.workers.programs import shell, tools
from tests.e2e.processes import Astrolabe
from tests.world import World

pytestmark = pytest.mark.e2e

TARGET = "1.3.0"
"""The release whose migration takes a while."""

ONCE = ("preflight_passed", "backup_taken", "artifact_pulled", "instance_stopped", "database_copied")
ONCE_LATER = ("migration_started", "migration_finished", "upgrade_succeeded")


async def _registered(astrolabe: Astrolabe, standin: World) -> str:
    await astrolabe.register(standin.config, "1.1.0")
    asked = await astrolabe.post("/upgrades", instance=standin.config.name, target=TARGET, reason="to try it")
    shown = await astrolabe.get(f"/instances/{standin.config.name}")
    standin.instance_id = shown["id"]
    return asked["id"]


async def _succeeded_once(astrolabe: Astrolabe, standin: World, upgrade_id: str) -> None:
    operation = await astrolabe.done(upgrade_id)
    assert operation["status"] == "succeeded", (operation, astrolabe.said())
    kinds = [each["type"] for each in await astrolabe.events(upgrade_id)]
    assert [kinds.count(kind) for kind in (*ONCE, *ONCE_LATER)] == [1] * 8
    assert await standin.running() == TARGET
    assert await standin.items() == ["first"]
    mine = process.marked_by({standin.instance_id}, str(standin.host.folder))
    assert len(mine) == 1
    assert len(await standin.databases()) == 2
    backups = list(standin.host.backups(standin.instance_id).iterdir())
    assert [each.suffix for each in backups] == [".dump"]


@contextlib.asynccontextmanager
async def _slow(step: str, standin: World):
    """Make a step take long enough to die in."""
    if step == "pull":
        artifact = (await standin.driver.resolve(TARGET)).artifact
        shutil.rmtree(npm.shelf(standin.host.artifacts(), artifact), ignore_errors=True)
        shutil.rmtree(standin.host.folder / "npm-cache", ignore_errors=True)
        standin.registry.delay = 3
    if step == "backup":
        connection = await standin.connects()
        try:
            async with connection.transaction():
                await connection.execute("LOCK TABLE items IN ACCESS EXCLUSIVE MODE")
                yield
        finally:
            await connection.close()
    else:
        yield
    standin.registry.delay = 0


async def test_another_worker_finishes_what_a_killed_one_began(astrolabe: Astrolabe, standin: World) -> None:
    """After kill -9 of a worker in each step in turn the last one finishes, and no effect is doubled."""
    upgrade_id = await _registered(astrolabe, standin)
    workers, children = [], []
    for step in STEPS:
        async with _slow(step, standin):
            workers.append(astrolabe.worker())
            await astrolabe.event(upgrade_id, "step_started", step=step, worker=f"local:{workers[-1].pid}")
            if step == "migrate":
                await astrolabe.event(upgrade_id, "migration_started")
            children += psutil.Process(workers[-1].pid).children(recursive=True)
            await astrolabe.kill(workers[-1])
    workers.append(astrolabe.worker())
    await _succeeded_once(astrolabe, standin, upgrade_id)
    started = [each["data"] for each in await astrolabe.events(upgrade_id) if each["type"] == "step_started"]
    assert [(each["step"], each["worker"]) for each in started] == [
        (step, f"local:{worker.pid}") for step, two in zip(STEPS, pairwise(workers), strict=True) for worker in two
    ]
    survivors = [argv for each in children if (argv := _argv(each)) and "gateway" not in argv]
    assert not survivors, "an npm or pg_dump of a dead worker goes on"


def _argv(process: psutil.Process) -> str:
    """Return the command line of a process, or nothing of one that has ended, reaped or not."""
    with contextlib.suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


@pytest.mark.deaths
async def test_a_worker_that_was_suspended_past_its_lease_doubles_nothing(astrolabe: Astrolabe, standin: World) -> None:
    """A worker stopped in mid migration holds no other up once it is gone on; the log stays whole."""
    upgrade_id = await _registered(astrolabe, standin)
    first = astrolabe.worker()
    await astrolabe.event(upgrade_id, "migration_started")
    first.signal(signal.SIGSTOP)
    astrolabe.worker()
    await asyncio.to_thread(_lease_over, astrolabe.environment["DATABASE_URL"], standin.instance_id)
    first.signal(signal.SIGCONT)
    await _succeeded_once(astrolabe, standin, upgrade_id)


def _lease_over(url: str, instance_id: str) -> None:
    async def wait() -> None:
        connection = await asyncpg.connect(url)
        query = "SELECT expires_at < clock_timestamp() OR fence > 1 FROM astrolabe.lease WHERE resource = $1"
        while not await connection.fetchval(query, instance_id):
            await asyncio.sleep(0.05)
        await connection.close()

    asyncio.run(wait())


@pytest.mark.deaths
async def test_an_upgrade_asked_for_while_redis_is_down_runs_when_it_is_back(
    astrolabe: Astrolabe, standin: World, valkey: Valkey
) -> None:
    """The API accepts without a broker, and the log remembers."""
    await valkey.stop()
    upgrade_id = await _registered(astrolabe, standin)
    astrolabe.worker()
    await valkey.start()
    await _succeeded_once(astrolabe, standin, upgrade_id)


@pytest.mark.deaths
async def test_flushing_redis_at_every_step_changes_nothing(
    astrolabe: Astrolabe, standin: World, valkey: Valkey
) -> None:
    """FLUSHALL as each step begins leaves the outcome as it would have been."""
    upgrade_id = await _registered(astrolabe, standin)
    await _flush(valkey)
    astrolabe.worker()
    for step in STEPS:
        await astrolabe.event(upgrade_id, "step_started", step=step)
        await _flush(valkey)
    await _succeeded_once(astrolabe, standin, upgrade_id)


async def _flush(valkey: Valkey) -> None:
    import redis

    with redis.Redis.from_url(valkey.url) as client:
        assert client.flushall()


@pytest.mark.deaths
async def test_relay_and_api_may_die_too(astrolabe: Astrolabe, standin: World) -> None:
    """After kill -9 of the relay a new one goes on; what the dead one had not told is told."""
    (_, relay) = astrolabe.children
    await astrolabe.kill(relay)
    upgrade_id = await _registered(astrolabe, standin)
    astrolabe.start("relay")
    astrolabe.worker()
    await _succeeded_once(astrolabe, standin, upgrade_id)


@pytest.mark.deaths
async def test_a_worker_that_is_asked_to_stop_leaves_and_another_goes_on(
    astrolabe: Astrolabe, standin: World, valkey: Valkey
) -> None:
    """SIGTERM in a slow pull ends the worker within seconds, with nobody there to take its message back."""
    upgrade_id = await _registered(astrolabe, standin)
    async with _slow("pull", standin):
        first = astrolabe.worker()
        await astrolabe.event(upgrade_id, "step_started", step="pull")
        await valkey.stop()
        assert await first.stop(grace=10) == 0
        await valkey.start()
    assert await standin.items() == ["first"]
    astrolabe.worker()
    await _succeeded_once(astrolabe, standin, upgrade_id)


async def test_a_worker_takes_only_the_instances_of_its_host(astrolabe: Astrolabe, standin: World) -> None:
    """A worker of another host leaves it to the right one; the new version outlives both, and no log has a secret."""
    upgrade_id = await _registered(astrolabe, standin)
    stranger = astrolabe.worker("--host", "elsewhere")
    right = astrolabe.worker("--host", "local")
    await _succeeded_once(astrolabe, standin, upgrade_id)
    started = [each["data"]["worker"] for each in await astrolabe.events(upgrade_id) if each["type"] == "step_started"]
    assert set(started) == {f"local:{right.pid}"}
    assert stranger.returncode is None
    for worker in (stranger, right):
        await astrolabe.kill(worker)
    assert await standin.items() == ["first"]
    assert await standin.running() == TARGET
    await _no_secret_was_written(astrolabe, standin)


async def _no_secret_was_written(astrolabe: Astrolabe, standin: World) -> None:
    """Look for the database's password and a token in every log file of ours, and in the log itself."""
    token = astrolabe.http.headers["Authorization"].removeprefix("Bearer ")
    found = [*astrolabe.logs.glob("*.log"), *(standin.host.instance_folder(standin.instance_id) / "logs").glob("*")]
    assert found
    for log in found:
        text = log.read_text()
        assert "a-password-to-look-for" not in text
        assert token not in text
    dump = await shell.run(
        [tools.postgres("pg_dump"), "--dbname", astrolabe.environment["DATABASE_URL"]], env={}, deadline=60
    )
    assert "a-password-to-look-for" not in dump.stdout
    assert token not in dump.stdout


async def test_cancelling_is_free_before_the_stop_and_a_rollback_after_it(astrolabe: Astrolabe, standin: World) -> None:
    """A cancel in a slow pull touches nothing; after a retry, a cancel in the migration brings the old version back."""
    upgrade_id = await _registered(astrolabe, standin)
    async with _slow("pull", standin):
        astrolabe.worker()
        await astrolabe.event(upgrade_id, "step_started", step="pull")
        before = await standin.driver.running()
        await astrolabe.post(f"/upgrades/{upgrade_id}/cancel", reason="not today")
        assert (await astrolabe.done(upgrade_id))["status"] == "cancelled"
    assert await standin.driver.running() == before
    await astrolabe.post(f"/upgrades/{upgrade_id}/retry")
    await astrolabe.event(upgrade_id, "migration_started")
    await astrolabe.post(f"/upgrades/{upgrade_id}/cancel", reason="not that either")
    assert (await astrolabe.done(upgrade_id))["status"] == "rolled_back"
    assert await standin.running() == "1.1.0"
    assert await standin.items() == ["first"]
    history = (await astrolabe.get(f"/instances/{standin.config.name}/history"))["items"]
    reasons = [each["reason"] for each in history if each["type"] in {"upgrade_cancelled", "rollback_started"}]
    assert reasons == ["not today", "not that either"]
