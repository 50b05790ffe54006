"""What only the kind cli has: a prefix, the document's own command line, and what npm leaves where a disk is full."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from msgspec.structs import replace

from astrolabe.cli.servers.postgres import Postgres
from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.kinds import cli as argv
from astrolabe.domain.products.product_file import parse_product
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import Register
from astrolabe.store.database import Database
from astrolabe.store.log.log import Log
from astrolabe.store.products.catalogue import BUILT_IN
from astrolabe.store.streams.instances import Instances
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.host import Host
from astrolabe.workers.instance.secret import Secrets
from astrolabe.workers.kinds.npm.npm import carry_out
from astrolabe.workers.programs import shell, tools
from astrolabe.workers.programs.environment import inherited
from astrolabe.workers.steps import pull, rollback
from tests.command_line_world import CommandLineWorld
from tests.disks import small_disk
from tests.hooked import upgrade
from tests.standin import astra
from tests.standin.registry import Registry
from tests.world import World, npm_settings

NAME = "@openastra/cli"


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
) -> AsyncIterator[CommandLineWorld]:
    """Version 0.9.3 in a prefix of its own; the product file is the built-in one with the registry named in it."""
    monkeypatch.setattr(pull, "PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(rollback, "PAUSE_SECONDS", 0.1)
    npm_settings(tmp_path, monkeypatch)
    text = (BUILT_IN / "astra-cli.toml").read_text() + f'registry = "{published.url}"\npublisher = "openastra"\n'
    host = Host("local", tmp_path, {"astra-cli": parse_product(text, "astra-cli.toml")}, Secrets([]))
    config = InstanceConfig("shell", "astra-cli", kind="cli", prefix=str(tmp_path / "prefix"))
    async with Database(database_url, pool_size=4) as database:
        made = CommandLineWorld(postgres_server, published, host, Instances(Log(database)), database, config)
        await made.owner_starts("0.9.3")
        yield made
    published.reset()


async def _at_rest(world: World) -> s.Idle:
    state = (await world.loaded()).state
    assert isinstance(state, s.Idle)
    return state


async def test_a_command_line_is_adopted_upgraded_to_latest_and_taken_back(astra_cli: CommandLineWorld) -> None:
    """It says its version before and after; what is none of a command line's steps is skipped and told."""
    await astra_cli.ask(Register(astra_cli.config))
    await astra_cli.carry_out()
    assert (await astra_cli.one(e.InstanceAdopted)).seen == "Open Astra command line 0.9.3 is installed"
    await astra_cli.upgrade("latest")
    assert (await _at_rest(astra_cli)).instance.version == "0.9.4" == await astra_cli.running()
    plan = (await astra_cli.one(e.PreflightPassed)).plan
    assert plan.new.integrity == astra_cli.registry.package(NAME, "0.9.4").integrity
    (install,) = (each.argv for each in plan.commands if each.step == "migrate")
    assert {"--global", str(astra_cli.prefix), f"{NAME}@0.9.4"} <= set(install)
    assert {each.name: each.seen for each in plan.checks}["health"] == "skipped: it serves nobody"
    assert (await astra_cli.one(e.BackupTaken)).dump is None
    assert not (await astra_cli.one(e.InstanceStopped)).serves
    assert (await astra_cli.one(e.DatabaseCopied)).copy is None
    assert {each.name for each in (await astra_cli.one(e.UpgradeSucceeded)).checks} == {"health", "version"}
    await astra_cli.roll_back(accept=False)
    assert (await _at_rest(astra_cli)).instance.version == "0.9.3" == await astra_cli.running()
    assert (await _at_rest(astra_cli)).instance.kept == ()


async def test_a_version_that_says_another_is_taken_back(astra_cli: CommandLineWorld) -> None:
    """A command that says another version than its package has ends on the old version, and both are told."""
    await astra_cli.register("0.9.3")
    await astra_cli.upgrade("0.9.5")
    problem = await astra_cli.problem()
    assert problem.code == "wrong-version"
    assert "says that it is 0.9.4" in problem.detail
    state = await _at_rest(astra_cli)
    assert state.instance.last
    assert (state.instance.last.outcome, state.instance.version) == ("rolled_back", "0.9.3")
    assert await astra_cli.running() == "0.9.3"


async def test_what_does_not_belong_to_the_package_is_refused(astra_cli: CommandLineWorld) -> None:
    """Without the command of the package, or with another's of its name, there is nothing to upgrade."""
    await astra_cli.register("0.9.3")
    command = astra_cli.prefix / "bin" / "astra"

    async def refused() -> str:
        await astra_cli.upgrade("0.9.4")
        return [each.problem.code for each in await astra_cli.told() if isinstance(each, e.UpgradeRefused)][-1]

    command.unlink()
    assert await refused() == "preflight-process"
    command.write_text("#!/bin/sh\necho 0.9.3\n")
    command.chmod(0o755)
    assert await refused() == "preflight-process"


async def test_a_disk_that_fills_up_leaves_the_old_version(astra_cli: CommandLineWorld) -> None:
    """Npm finds no room for the new version; the old one is there as it was, and the log says what to do."""
    full = astra_cli.host.folder / "full"
    full.mkdir()
    async with small_disk(full) as disk:
        astra_cli.config = replace(astra_cli.config, prefix=str(disk / "prefix"))
        await astra_cli.owner_starts("0.9.3")
        await astra_cli.register("0.9.3")

        async def fill() -> None:
            (disk / "filling").write_bytes(b"x" * shutil.disk_usage(disk).free)

        await upgrade(astra_cli, "0.9.4", ArtifactPulled=fill)
        assert (await astra_cli.problem()).code == "no-space"
        state = await _at_rest(astra_cli)
        assert state.instance.last
        assert state.instance.last.outcome == "rolled_back"
        assert await astra_cli.running() == "0.9.3"


async def test_an_installation_that_npm_only_calls_done_is_none(astra_cli: CommandLineWorld) -> None:
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


async def test_what_a_killed_npm_moved_aside_stands_in_nobodys_way(astra_cli: CommandLineWorld) -> None:
    """Npm moves the old version to a place of its choice, and refuses every installation where something is there."""
    await astra_cli.register("0.9.3")
    package = astra_cli.prefix / "lib" / "node_modules" / NAME
    library = Path(tools.npm()[-1]).parent.parent / "node_modules" / "@npmcli" / "arborist" / "lib" / "retire-path.js"
    words = [tools.node(), "-p", "require(process.argv[1])(process.argv[2])", library, package]
    aside = Path((await shell.run(words, env=inherited(), deadline=30)).stdout.strip())
    shutil.copytree(package, aside)
    await astra_cli.upgrade("0.9.4")
    assert await astra_cli.running() == "0.9.4"
    assert not aside.exists()


async def test_without_a_prefix_it_is_the_one_of_the_workers_user(
    astra_cli: CommandLineWorld, monkeypatch: pytest.MonkeyPatch
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
