"""The `cli` kind: a command line in a prefix, with every case of the suite that can be one of a command line.

It serves nobody and has no database. So these cases of other kinds are none of its own: a backup, a copy and a
migration, writes that would be lost, a port that is taken, one that never becomes healthy, a stop reached by nobody.
"""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from msgspec.structs import replace

from cli.services.postgres import Postgres
from domain import events as e
from domain import states as s
from domain.commands import Register, RequestUpgrade, Retry
from domain.drivers import cli as argv
from domain.instance import InstanceConfig
from domain.product import parse_product
from store.catalogue import BUILT_IN
from store.database import Database
from store.ids import new_id
from store.instances import Instances
from store.log import Log
from tests.drivers.test_refusing import small_disk
from tests.hooked import Mortality, mortal_effects, outlive, upgrade
from tests.standin import astra
from tests.standin.npm import environment, npm
from tests.standin.registry import Registry
from tests.world import World, npm_settings
from workers import shell, tools
from workers.drivers.cli import CliDriver
from workers.failure import StepFailed
from workers.host import Host
from workers.npm import carry_out, shelf
from workers.secret import Secrets
from workers.site import Site
from workers.steps import pull, rollback

NAME = "@openastra/cli"


class CommandLine(World):
    """A command line of the upgrade document, installed by its user into a prefix."""

    @property
    def driver(self) -> Any:
        """What acts on it, as a worker's driver does."""
        return CliDriver(Site(self.host, self.instance_id, self.config))

    async def owner_installs(self, version: str) -> None:
        """Type `npm install -g`, as the document does."""
        words = ("install", "-g", "--prefix", str(self.config.prefix), f"{NAME}@{version}")
        await npm(*words, registry=self.registry.url, home=self.host.folder)

    async def says(self) -> str:
        """Type `astra --version`."""
        env = environment(self.registry.url, self.host.folder)
        return (await shell.run([f"{self.config.prefix}/bin/astra", "--version"], env=env, deadline=30)).stdout.strip()

    async def state(self) -> s.Idle:
        """Give the instance at rest."""
        state = (await self.loaded()).state
        assert isinstance(state, s.Idle)
        return state


@pytest.fixture(scope="module")
def published() -> Iterator[Registry]:
    """A registry that has the command line."""
    with Registry() as registry:
        for version in astra.COMMAND_LINE:
            registry.publish(astra.command_line_package(version))
        yield registry


@pytest_asyncio.fixture
async def astra_cli(
    published: Registry,
    postgres_server: Postgres,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[CommandLine]:
    """Version 0.9.3 in a prefix of its own; the product file is the built-in one with the registry named in it."""
    monkeypatch.setattr(pull, "PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(rollback, "PAUSE_SECONDS", 0.1)
    npm_settings(tmp_path, monkeypatch)
    text = (BUILT_IN / "astra-cli.toml").read_text() + f'registry = "{published.url}"\npublisher = "openastra"\n'
    host = Host("local", tmp_path, {"astra-cli": parse_product(text, "astra-cli.toml")}, Secrets([]))
    config = InstanceConfig("shell", "astra-cli", kind="cli", prefix=str(tmp_path / "prefix"))
    async with Database(database_url, pool_size=4) as database:
        made = CommandLine(postgres_server, published, host, Instances(Log(database)), database, config)
        await made.owner_installs("0.9.3")
        yield made
    published.reset()


async def test_a_command_line_is_adopted_upgraded_to_latest_and_taken_back(astra_cli: CommandLine) -> None:
    """It says its version before and after; what is none of a command line's steps is skipped and told."""
    await astra_cli.ask(Register(astra_cli.config))
    await astra_cli.carry_out()
    assert (await astra_cli.one(e.InstanceAdopted)).seen == "Open Astra command line 0.9.3 is installed"
    await astra_cli.upgrade("latest")
    assert (await astra_cli.state()).it.version == "0.9.4" == await astra_cli.says()
    plan = (await astra_cli.one(e.PreflightPassed)).plan
    assert plan.new.integrity == astra_cli.registry.package(NAME, "0.9.4").integrity
    (install,) = (each.argv for each in plan.commands if each.step == "migrate")
    assert {"--global", str(astra_cli.config.prefix), f"{NAME}@0.9.4"} <= set(install)
    assert {each.name: each.seen for each in plan.checks}["health"] == "skipped: it serves nobody"
    assert (await astra_cli.one(e.BackupTaken)).dump is None
    assert not (await astra_cli.one(e.InstanceStopped)).serves
    assert (await astra_cli.one(e.DatabaseCopied)).copy is None
    assert {each.name for each in (await astra_cli.one(e.UpgradeSucceeded)).checks} == {"health", "version"}
    await astra_cli.roll_back(accept=False)
    assert (await astra_cli.state()).it.version == "0.9.3" == await astra_cli.says()
    assert (await astra_cli.state()).it.kept == ()


@pytest.mark.parametrize(
    ("version", "says"), [("0.9.5", "says that it is 0.9.4"), ("0.9.6", "not built for this machine")]
)
async def test_a_version_that_is_not_what_it_should_be_is_taken_back(
    astra_cli: CommandLine, version: str, says: str
) -> None:
    """A command that says another version, or none, ends on the old version, and the reason is told."""
    await astra_cli.register("0.9.3")
    await astra_cli.upgrade(version)
    problem = await astra_cli.problem()
    assert problem.code == "wrong-version"
    assert says in problem.detail
    state = await astra_cli.state()
    assert state.it.last
    assert (state.it.last.outcome, state.it.version) == ("rolled_back", "0.9.3")
    assert await astra_cli.says() == "0.9.3"


async def test_it_is_installed_from_what_was_pulled_when_the_registry_goes_down(astra_cli: CommandLine) -> None:
    """Once pulled, neither the way forward nor the way back asks the registry for anything it has not given."""
    await astra_cli.register("0.9.3")

    async def down() -> None:
        astra_cli.registry.failing = True

    await upgrade(astra_cli, "0.9.4", ArtifactPulled=down)
    assert await astra_cli.says() == "0.9.4"
    await astra_cli.roll_back(accept=False)
    assert await astra_cli.says() == "0.9.3"


async def test_a_registry_that_is_down_refuses_and_one_that_goes_down_fails(astra_cli: CommandLine) -> None:
    """Nothing is touched in either case, and a retry goes through."""
    await astra_cli.register("0.9.3")
    astra_cli.registry.failing = True
    await astra_cli.upgrade("0.9.4")
    assert (await astra_cli.one(e.UpgradeRefused)).problem.code == "registry-unreachable"
    astra_cli.registry.failing = False

    async def down() -> None:
        astra_cli.registry.failing = True

    await upgrade(astra_cli, "0.9.4", BackupTaken=down)
    assert (await astra_cli.one(e.UpgradeFailed)).problem.code == "pull-failed"
    assert await astra_cli.says() == "0.9.3"
    astra_cli.registry.failing = False
    await astra_cli.ask(Retry(await astra_cli.upgrade_id()))
    await astra_cli.carry_out()
    assert await astra_cli.says() == "0.9.4"


async def test_another_latest_and_a_tampered_tarball_change_nothing(astra_cli: CommandLine) -> None:
    """Both are found in the pull; the prefix is as it was."""
    await astra_cli.register("0.9.3")

    async def move() -> None:
        astra_cli.registry.tag(NAME, "0.9.5")

    await upgrade(astra_cli, "latest", BackupTaken=move)
    moved = await astra_cli.one(e.UpgradeFailed)
    assert moved.problem.code == "tag-moved"
    assert "0.9.4" in moved.problem.detail
    assert "0.9.5" in moved.problem.detail
    astra_cli.registry.tamper(NAME, "0.9.4")
    await astra_cli.upgrade("0.9.4")
    told = [each.problem.code for each in await astra_cli.told() if isinstance(each, e.UpgradeFailed)]
    assert told == ["tag-moved", "wrong-artifact"]
    assert await astra_cli.says() == "0.9.3"
    assert not shelf(astra_cli.host.artifacts(), await astra_cli.artifact("0.9.4")).exists()


async def test_what_is_not_as_the_log_believes_is_refused(astra_cli: CommandLine) -> None:
    """Another version, another's command of the name, nothing at all, or a version that the registry has not."""
    await astra_cli.register("0.9.3")
    command = Path(str(astra_cli.config.prefix), "bin", "astra")

    async def refused(target: str = "0.9.4") -> str:
        await astra_cli.upgrade(target)
        return [each.problem.code for each in await astra_cli.told() if isinstance(each, e.UpgradeRefused)][-1]

    assert await refused("9.9.9") == "version-unknown"
    await astra_cli.owner_installs("0.9.4")
    assert await refused("0.9.6") == "preflight-version"
    command.unlink()
    assert await refused() == "preflight-process"
    command.write_text("#!/bin/sh\necho 0.9.3\n")
    command.chmod(0o755)
    assert await refused() == "preflight-process"


async def test_workers_that_die_while_it_is_installed_lead_to_one_end(
    astra_cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An installation that was begun is made again; in the end it is installed once, and told once."""
    await astra_cli.register("0.9.3")
    await astra_cli.ask(RequestUpgrade(new_id(), "0.9.4"))
    mortality = Mortality(since="after ArtifactPulled")
    mortal_effects(monkeypatch, mortality)
    died = await outlive(astra_cli, mortality)
    assert {"before install", "after install", "before MigrationFinished", "after UpgradeSucceeded"} <= set(died)
    facts = await astra_cli.facts()
    assert len(facts) == len(set(facts))
    assert (await astra_cli.state()).it.version == "0.9.4" == await astra_cli.says()


async def test_a_disk_that_fills_up_leaves_the_old_version(astra_cli: CommandLine) -> None:
    """Npm finds no room for the new version; the old one is there as it was, and the log says what to do."""
    full = astra_cli.host.folder / "full"
    full.mkdir()
    async with small_disk(full) as disk:
        astra_cli.config = replace(astra_cli.config, prefix=str(disk / "prefix"))
        await astra_cli.owner_installs("0.9.3")
        await astra_cli.register("0.9.3")

        async def fill() -> None:
            (disk / "filling").write_bytes(b"x" * shutil.disk_usage(disk).free)

        await upgrade(astra_cli, "0.9.4", ArtifactPulled=fill)
        assert (await astra_cli.problem()).code == "no-space"
        state = await astra_cli.state()
        assert state.it.last
        assert state.it.last.outcome == "rolled_back"
        assert await astra_cli.says() == "0.9.3"


async def test_an_installation_that_npm_only_calls_done_is_none(astra_cli: CommandLine) -> None:
    """On a full disk npm ends with code 0 and leaves empty files; what it warned of is heard."""
    full = astra_cli.host.folder / "full"
    full.mkdir()
    async with small_disk(full) as disk:
        (disk / "prefix").mkdir()
        (disk / "filling").write_bytes(b"x" * shutil.disk_usage(disk).free)
        command = argv.install(tools.npm(), astra_cli.product.package, "0.9.4", str(disk / "prefix"))
        with pytest.raises(StepFailed) as caught:
            await carry_out(command, await astra_cli.artifact("0.9.4"))
        assert caught.value.problem.code == "no-space"


async def test_without_a_prefix_it_is_the_one_of_the_workers_user(
    astra_cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where `npm install -g` installs to without being told is what the user's npmrc says."""
    npmrc = astra_cli.host.folder / "users-npmrc"
    npmrc.write_text(f"prefix={astra_cli.config.prefix}\n")
    monkeypatch.setenv("npm_config_userconfig", str(npmrc))
    there = astra_cli.config
    astra_cli.config = replace(there, prefix=None)
    running = await astra_cli.driver.running()
    assert running
    assert (running.version, running.gateways) == ("0.9.3", {there.prefix})
