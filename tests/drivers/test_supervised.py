"""Gateways that somebody keeps running: handled by that supervisor's own commands, or refused by name."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from astrolabe.cli.servers.postgres import Postgres
from astrolabe.domain.kinds import npx
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import RequestRollback, RequestUpgrade
from astrolabe.store.ids import new_id
from astrolabe.workers.instance import process
from astrolabe.workers.instance.probe import Probe
from astrolabe.workers.instance.site import Site
from astrolabe.workers.instance.supervision import pm2 as pm2_acting
from astrolabe.workers.kinds.npm import npm
from astrolabe.workers.kinds.npm.npx import NpxDriver
from astrolabe.workers.programs import shell, tools
from astrolabe.workers.steps import counting, rollback
from tests.drivers.prober import Prober
from tests.hooked import Moment, Mortality, hooked, outlive, when
from tests.standin.registry import Registry
from tests.supervised_world import UNIT, Pm2World, SupervisedWorld, SystemdWorld
from tests.waiting import until
from tests.workers.supervision.fixtures import machine, pm2, pm2_modules
from tests.world import World, world

pytestmark = pytest.mark.supervisors

__all__ = ["machine", "pm2", "pm2_modules"]

LOOP = 'while :; do "$1" "$2"; sleep 0.05; done'
"""Keeps an installed version running, as careless owners do."""


@pytest.fixture(params=["systemd", "pm2"])
def make(request: pytest.FixtureRequest, database_url: str) -> Callable[..., SupervisedWorld]:
    """How a world with a supervisor is made."""
    if request.param == "systemd":
        return partial(SystemdWorld, machine=request.getfixturevalue("machine"), log_url=database_url)
    return partial(Pm2World, pm2=request.getfixturevalue("pm2"))


@pytest_asyncio.fixture
async def kept(
    make: Callable[..., SupervisedWorld],
    postgres_server: Postgres,
    registry: Registry,
    host_folder: Path,
    database_url: str,
) -> AsyncIterator[SupervisedWorld]:
    """A stand-in 1.1.0 that a supervisor keeps, and that is registered."""
    async with world(postgres_server, registry, host_folder, database_url, make) as made:
        assert isinstance(made, SupervisedWorld)
        await made.owner_starts()
        await made.write("first")
        await made.register()
        yield made


async def missing(standin: World, user: Prober) -> set[str]:
    """Name what was acknowledged and is not in the live database."""
    return set(user.acknowledged) - {str(row[0]) for row in await standin.rows("SELECT name FROM items")}


async def comes_back(standin: SupervisedWorld, version: str) -> None:
    """See that a version is what the supervisor, and what a boot, brings back."""
    found = process.listener(standin.config.port or 0)
    assert found
    assert await standin.running() == version
    await process.end(found)
    await standin.serves_now()
    assert await standin.running() == version
    await standin.reboot()
    await standin.serves_now()
    assert await standin.running() == version


async def test_an_upgrade_and_its_rollback_are_the_supervisors(kept: SupervisedWorld) -> None:
    """The new version is what the supervisor keeps, and after a rollback what its owner gave it; no write is lost."""
    owners, user = await kept.owners(), Prober(kept)
    async with user.at_work():
        await kept.upgrade("2.0.0")
    assert (await kept.facts())[-1] == "UpgradeSucceeded", (await kept.told())[-1]
    assert len(user.acknowledged) > 10
    assert await missing(kept, user) == set()
    passed = await kept.one(e.PreflightPassed)
    assert passed.supervisor is not None
    assert any("stop" in each.argv for each in passed.plan.commands)
    await comes_back(kept, "2.0.0")
    assert await kept.owners() != owners
    await kept.roll_back(accept=True)
    assert (await kept.facts())[-1] == "UpgradeRolledBack", (await kept.told())[-1]
    assert await kept.owners() == owners
    await comes_back(kept, "1.1.0")


async def test_a_failed_upgrade_leaves_the_supervisor_as_it_was(kept: SupervisedWorld) -> None:
    """A migration fails: the old version runs as its owner had it, also after a boot, and no write is lost."""
    owners, user = await kept.owners(), Prober(kept)
    async with user.at_work():
        loaded = await kept.upgrade("1.2.0")
    assert isinstance(loaded.state, s.Idle)
    assert (await kept.facts())[-1] == "UpgradeRolledBack", (await kept.told())[-1]
    assert await missing(kept, user) == set()
    assert await kept.owners() == owners
    await comes_back(kept, "1.1.0")


async def test_a_way_back_that_is_called_off_leaves_the_new_version_kept(
    kept: SupervisedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody wrote after it had begun: the supervisor keeps the new version again, also after a boot."""
    monkeypatch.setattr(counting, "FLUSH_SECONDS", 0)
    await kept.upgrade("2.0.0")
    await kept.ask(RequestRollback(await kept.upgrade_id()))
    late = when({"after RollbackStarted": lambda: kept.write("late")})
    await hooked(kept, "worker-1", late)(kept.instance_id)
    assert (await kept.facts())[-1] == "UpgradeResumed", (await kept.told())[-1]
    assert (await kept.one(e.RollbackCalledOff)).writes.total == 1
    assert await kept.items() == ["first", "late"]
    await comes_back(kept, "2.0.0")


@pytest.mark.parametrize("make", ["systemd"], indirect=True)
async def test_nobody_starts_a_held_unit(kept: SystemdWorld) -> None:
    """Somebody types `systemctl start` in the midst of an upgrade: the old version stays stopped."""
    user = Prober(kept)
    async with user.at_work():
        upgrading = asyncio.create_task(kept.upgrade("1.3.0"))
        async with asyncio.timeout(60):
            while "InstanceStopped" not in await kept.facts():
                await asyncio.sleep(0.02)
        await kept.machine.systemctl("start", UNIT)
        assert process.listener(kept.config.port or 0) is None
        await upgrading
    assert (await kept.facts())[-1] == "UpgradeSucceeded", (await kept.told())[-1]
    assert await missing(kept, user) == set()
    assert await kept.running() == "1.3.0"


class MortalCommands(Mortality):
    """Kills one worker before and after each command to a supervisor from cutover on, and at no other moment."""

    async def hook(self, moment: Moment) -> None:
        """Do nothing around a record, but note where the commands begin that cannot be taken back."""
        if moment == "after CutOver":
            self._since = None


@pytest.mark.parametrize("make", ["pm2"], indirect=True)
async def test_a_worker_may_die_at_each_command(kept: SupervisedWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a worker dies between the commands that start the new version, the next one brings about the same."""
    mortality, real = MortalCommands(since="after CutOver"), pm2_acting.act

    async def mortal(command: Sequence[str], *rest: object) -> None:
        mortality.now(f"before {command[2]}")
        await real(command, *rest)  # type: ignore[arg-type]
        mortality.now(f"after {command[2]}")

    monkeypatch.setattr(pm2_acting, "act", mortal)
    await kept.ask(RequestUpgrade(new_id(), "2.0.0"))
    died_at = await outlive(kept, mortality)
    assert {each.partition(" ")[2] for each in died_at} == {"delete", "resurrect", "restart", "save"}, await kept.told()
    assert await kept.running() == "2.0.0"
    assert await kept.items() == ["first"]
    await comes_back(kept, "2.0.0")


@contextlib.asynccontextmanager
async def looping(standin: World, folder: Path) -> AsyncIterator[None]:
    """Let a shell's loop keep 1.1.0 running in the place of what runs."""
    await standin.stop()
    script = folder / "loop.sh"
    script.write_text(LOOP)
    tree = str(npm.shelf(standin.host.artifacts(), await standin.artifact("1.1.0")))
    node = str(tools.node())
    words = ("sh", str(script), node, *npx.program(node, standin.product.package, tree))
    env = Site(standin.host, standin.instance_id, standin.config).environment()
    child = shell.supervise(words, env=env, log=folder / "loop.log", cwd=folder)
    try:
        async with Probe.open(standin.config, standin.product) as probe:
            await standin.until(probe.health)
            yield
    finally:
        await child.stop(shell.SIGKILL, group=True)
        await standin.stop()


@pytest.mark.kinds("npx")
@pytest.mark.parametrize("target", ["1.2.0", "1.3.0", "2.0.0"])
async def test_a_loop_is_refused_by_name(standin: World, tmp_path: Path, target: str) -> None:
    """What brings a stopped gateway back is noticed while nothing is touched, named, and nothing is lost."""
    user = Prober(standin)
    async with looping(standin, tmp_path):
        before = process.listener(standin.config.port or 0)
        async with user.at_work():
            await standin.upgrade(target)
            await until(lambda: len(user.acknowledged) > 10)  # a refusal takes no time
        told = await standin.one(e.UpgradeRefused)
        assert told.problem.code == "preflight-supervised"
        assert "loop.sh" in told.problem.detail
        assert "systemd" in told.problem.todo
        assert process.listener(standin.config.port or 0) == before
        assert await missing(standin, user) == set()
        assert await standin.copies() == set()


@pytest.mark.kinds("npx")
async def test_what_nobody_could_see_is_noticed_when_it_comes_back(
    standin: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loop that looks like any other command: the upgrade is taken back, and nothing is lost."""

    async def sees_nothing(_: NpxDriver) -> None:
        return None

    monkeypatch.setattr(NpxDriver, "supervision", sees_nothing)
    monkeypatch.setattr(rollback, "PAUSE_SECONDS", 0.3)
    user = Prober(standin)
    async with looping(standin, tmp_path), user.at_work():
        loaded = await standin.upgrade("1.3.0")
        assert isinstance(loaded.state, s.Idle), await standin.told()
        turned = await standin.one(e.RollbackStarted)
        assert turned.problem
        assert turned.problem.code == "brought-back"
        assert await standin.running() == "1.1.0"
        assert len(user.acknowledged) > 10
    assert await missing(standin, user) == set()


@pytest.mark.kinds("npx")
async def test_a_superusers_session_in_the_database_is_told(standin: World) -> None:
    """Somebody who is in every database, as a backup of everything is, shows in the history."""
    await standin.reconfigure(settings={"STANDIN_SLOW_MS": "1500"})
    upgrading = asyncio.create_task(standin.upgrade("2.0.0"))
    async with asyncio.timeout(60):
        while not (private := [each for each in await standin.databases() if "_private_" in each]):
            await asyncio.sleep(0.01)
    connection = None
    while connection is None and not upgrading.done():
        with contextlib.suppress(asyncpg.PostgresError, OSError):  # it is closed for a moment, also for a superuser
            connection = await asyncpg.connect(standin.server.url(private[0]))
    assert connection
    async with asyncio.timeout(30):
        while not any("a session of" in each for each in await progress(standin)):
            await asyncio.sleep(0.02)
    await connection.close()
    await upgrading
    assert [each for each in await progress(standin) if "was in the instance's database" in each]
    assert await standin.running() == "2.0.0"


async def progress(standin: World) -> list[str]:
    """List what was told of the steps under way."""
    return [each.message for each in await standin.told() if isinstance(each, e.StepProgressed)]
