"""Whom a gateway runs as: whoever it ran as before, among nothing that is the worker's."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psutil
import pytest
from msgspec.structs import replace

from astrolabe.domain.instances.process_user import ProcessUser
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades.commands import RequestUpgrade
from astrolabe.store.ids import new_id
from astrolabe.workers.instance import process
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.npm.npx import NpxDriver
from astrolabe.workers.programs import shell
from astrolabe.workers.programs.reaching import can_reach
from tests.drivers.by_hand import typed
from tests.drivers.outcomes import refused, rolled_back, succeeded, taken_back
from tests.hooked import hooked, when
from tests.lacking import another_user
from tests.owner import owner
from tests.world import World

pytestmark = pytest.mark.kinds("npx")

OTHER_GROUP: Final = 60_999
WORKERS_OWN: Final = ("npm_config_userconfig", "ASTROLABE_SECRET_CANARY", "DOCKER_CONFIG")


@pytest.fixture(scope="module")
def host_folder() -> Iterator[Path]:
    """A host's folder that others may pass to, as `astrolabe up` makes it for root."""
    outer = Path(tempfile.mkdtemp(prefix="astrolabe-test-"))
    outer.chmod(0o711)
    (outer / "host").mkdir(mode=0o700)
    yield outer / "host"
    shutil.rmtree(outer)


@pytest.fixture
def svc() -> ProcessUser:
    """The user that an owner gave the gateway: with a group more, and files for its groups to read."""
    return replace(another_user(), groups=(OTHER_GROUP,), umask=0o027)


def gateway(standin: World) -> psutil.Process:
    """The process that serves."""
    found = process.listener(standin.config.gateway_port)
    assert found
    return psutil.Process(found.pid)


def runs_as(standin: World) -> ProcessUser | None:
    """Whom the gateway runs as."""
    return process.user_of(gateway(standin).pid)


async def test_what_ran_as_svc_runs_as_svc(standin: World, svc: ProcessUser, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an upgrade that failed, one that succeeded and a way back: its ids, groups and umask, and nobody's else."""
    for name in WORKERS_OWN:
        monkeypatch.setenv(name, os.environ.get(name, "/root/of-the-worker"))
    async with owner(standin, user=svc):
        assert runs_as(standin) == svc
        await rolled_back(standin, "1.2.0", "migration-failed")
        assert runs_as(standin) == svc
        await succeeded(standin)
        assert runs_as(standin) == svc
        environment = gateway(standin).environ()
        assert not set(WORKERS_OWN) & set(environment)
        assert (environment["USER"], environment["LOGNAME"]) == ("nobody", "nobody")
        await taken_back(standin)
        assert runs_as(standin) == svc
    recorded = [each.user for each in await standin.told() if isinstance(each, e.PreflightPassed)]
    assert recorded == [svc, svc]


async def test_what_ran_as_root_goes_on_as_root(standin: World) -> None:
    """Who started it as root is asked for nothing else."""
    another_user()
    async with owner(standin):
        await succeeded(standin)
    found = runs_as(standin)
    assert found
    assert found.uid == 0


async def test_the_gateways_user_sees_nothing_of_the_worker(standin: World, svc: ProcessUser) -> None:
    """Neither the worker's variables nor its keys, dumps and logs, nor what else it keeps of the instance."""
    async with owner(standin, user=svc):
        await succeeded(standin)
    host = standin.host
    hidden = [Path(f"/proc/{os.getpid()}/environ"), *host.backups(standin.instance_id).iterdir()]
    hidden += [each for each in host.instance_folder(standin.instance_id).rglob("*") if each.is_file()]
    assert len(hidden) > 3
    for path in hidden:
        assert not await can_reach(svc, path), path
    assert await can_reach(svc, host.artifacts())
    listed = await shell.run(("ls", host.artifacts()), env={}, deadline=10, user=svc, check=False)
    assert listed.returncode != 0


async def test_a_place_that_its_user_cannot_pass_to_is_named_beforehand(standin: World, svc: ProcessUser) -> None:
    """Nothing stops, for the new version could not start."""
    async with owner(standin, user=svc):
        outer = standin.host.folder.parent
        outer.chmod(0o700)
        try:
            told = await refused(standin, "2.0.0", "preflight-user")
        finally:
            outer.chmod(0o711)
        assert f"it runs as nobody, who may not pass to {standin.host.artifacts()}" in told.problem.detail


async def test_what_runs_as_another_by_now_is_planned_anew(standin: World, svc: ProcessUser) -> None:
    """Fetching, or an approval, may take days: whoever started it again as somebody else meanwhile meant it."""
    async with contextlib.AsyncExitStack() as owners:
        await owners.enter_async_context(owner(standin, user=svc))

        async def starts_it_as_root() -> None:
            await owners.enter_async_context(owner(standin))

        await standin.ask(RequestUpgrade(new_id(), "2.0.0"))
        await hooked(standin, "worker-1", when({"after BackupTaken": starts_it_as_root}))(standin.instance_id)
        assert (await standin.one(e.UpgradeFailed)).problem.code == "user-changed"
        assert await standin.running() == "1.1.0"


async def test_by_hand_it_runs_as_its_user_too(standin: World, svc: ProcessUser) -> None:
    """The line that a person types as root gives its rights away before it takes the instance's variables."""
    driver = NpxDriver(Site(standin.host, standin.instance_id, standin.config, user=svc))
    await standin.stop()
    await typed(standin, await driver.leave(await standin.artifact("1.1.0"), "old", old=True))
    found = runs_as(standin)
    assert found
    assert (found.uid, found.gid, found.groups) == (svc.uid, svc.gid, svc.groups)
