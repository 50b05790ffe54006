"""Files beside the database: they go back with it, and what nobody said anything about stops nothing."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from msgspec.structs import replace

from astrolabe.domain.instances.file_rules import FileRules
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.workers.instance.probe import Probe
from tests.compose_world import ComposeWorld
from tests.drivers.outcomes import refused, rolled_back, succeeded, taken_back
from tests.hooked import Killed, upgrade
from tests.workers.files.trees import described
from tests.world import World

pytestmark = pytest.mark.kinds("npx", "compose")

MOUNTS = """
services:
  gateway:
    user: root
    environment: {STANDIN_FILES: "/srv/code:/srv/uploads"}
    volumes: ["code:/srv/code", "./uploads:/srv/uploads"]
volumes: {code: }
"""


class WithFiles:
    """An instance that keeps files in folders of its own, as its owner runs it."""

    def __init__(self, standin: World, folders: list[Path], named: list[str]) -> None:
        self.standin = standin
        self.folders = folders
        self._named = named

    async def keeps(self) -> None:
        """Say that the folders go back, but for the caches in them."""
        leave = tuple(f"{each}/cache" for each in self._named)
        await self.standin.reconfigure(files=FileRules(tuple(self._named), leave))

    def described(self) -> list[object]:
        """Describe all that is to go back."""
        found = [described(each) for each in self.folders]
        return [{path: each for path, each in one.items() if not path.startswith("cache")} for one in found]

    def cached(self) -> set[str]:
        """List the versions that have used the caches."""
        return {each.name for folder in self.folders for each in (folder / "cache").iterdir()}


@pytest_asyncio.fixture
async def kept(standin: World, tmp_path: Path) -> AsyncIterator[WithFiles]:
    """The stand-in with a folder; of kind compose with a volume and a folder of the host's."""
    if isinstance(standin, ComposeWorld):
        yield await _in_project(standin)
        return
    folder = tmp_path.resolve() / "kept"
    folder.mkdir()
    await standin.stop()
    await standin.reconfigure(settings={**standin.config.settings, "STANDIN_FILES": str(folder)})
    await standin.owner_starts()
    (folder / "upload").write_text("of a user's")
    yield WithFiles(standin, [folder], [str(folder)])


async def _in_project(standin: ComposeWorld) -> WithFiles:
    project = Path(standin.project.folder)
    (project / "uploads").mkdir(exist_ok=True)
    (project / "files.yaml").write_text(MOUNTS)
    await standin.reconfigure(compose=replace(standin.project, files=(*standin.project.files, "files.yaml")))
    await standin.compose("up", "--detach", "gateway")
    async with Probe.open(standin.config, standin.product) as probe:
        await standin.until(probe.health)
    (gateway,) = await standin.gateways()
    where = {each.destination: Path(each.source) for each in gateway.mounts}
    folders = [where["/srv/code"], where["/srv/uploads"]]
    (folders[1] / "upload").write_text("of a user's")
    return WithFiles(standin, folders, ["/srv/code", "/srv/uploads"])


@pytest.mark.kinds("compose")
async def test_a_folder_that_nobody_spoke_of_is_asked_about(kept: WithFiles) -> None:
    """Each is named with its size, and both ways to settle it; the database's own volume is none of them."""
    problem = (await refused(kept.standin, "2.0.0", "preflight-files")).problem
    for word in ("/srv/code of gateway", "/srv/uploads of gateway", "bytes"):
        assert word in problem.detail
    assert "--keep-files" in problem.todo
    assert "--leave-files" in problem.todo
    await kept.standin.reconfigure(files=FileRules(leave=("/srv",)))
    await succeeded(kept.standin)
    assert (await kept.standin.one(e.BackupTaken)).files is None


async def test_a_failed_upgrade_leaves_every_file_as_it_was(kept: WithFiles) -> None:
    """The new version changed, added and deleted files before it failed; the caches are left as they are."""
    await kept.keeps()
    before = kept.described()
    await rolled_back(kept.standin, "1.6.0", "verify-doctor")
    assert kept.described() == before
    assert kept.cached() == {"1.1.0", "1.6.0"}
    restored = await kept.standin.one(e.DatabaseRestored)
    assert restored.files
    assert Path(restored.files.manifest).exists()
    assert len(await kept.standin.kept("files")) == 2


async def test_a_rollback_takes_the_files_back_and_counts_what_is_left_behind(kept: WithFiles) -> None:
    """What a user uploaded since is told before it is left behind, and kept aside."""
    await kept.keeps()
    before = kept.described()
    await succeeded(kept.standin)
    assert kept.described() != before
    (kept.folders[-1] / "late").write_text("since the upgrade")
    state = (await kept.standin.roll_back(accept=False)).state
    assert isinstance(state, s.Idle)
    writes = (await kept.standin.one(e.RollbackRefused)).writes
    assert writes.tables == {f"files in {kept.folders[-1]}": 1}
    await taken_back(kept.standin)
    assert kept.described() == before
    restored = await kept.standin.one(e.DatabaseRestored)
    assert restored.files
    assert "late" in Path(restored.files.manifest).read_text()


async def test_what_is_kept_of_files_goes_when_its_retention_ends(kept: WithFiles) -> None:
    """With a retention of nothing no copy is left, and no content."""
    await kept.keeps()
    await kept.standin.reconfigure(retention_hours=0)
    await kept.standin.upgrade("1.6.0")
    assert await kept.standin.kept("files") == []
    folder = kept.standin.host.files(kept.standin.instance_id)
    assert [each for each in folder.rglob("*") if each.is_file()] == []


@pytest.mark.kinds("npx")
@pytest.mark.parametrize("event", ["BackupTaken", "DatabaseCopied", "FailStep", "DatabaseRestored"])
async def test_a_worker_may_die_around_the_files(kept: WithFiles, event: str) -> None:
    """Another goes on, and every file is as it was."""
    await kept.keeps()
    before = kept.described()

    async def die() -> None:
        raise Killed

    with pytest.raises(Killed):
        await upgrade(kept.standin, "1.6.0", **{event: die})
    await kept.standin.carry_out("worker-2")
    assert kept.described() == before
    assert await kept.standin.running() == "1.1.0"


@pytest.mark.kinds("npx")
async def test_a_folder_of_the_system_is_refused(kept: WithFiles) -> None:
    """Whoever may configure an instance may not have the host's own folders put back."""
    await kept.standin.reconfigure(files=FileRules(keep=("/usr",)))
    problem = (await refused(kept.standin, "2.0.0", "preflight-files")).problem
    assert "a folder of the system" in problem.detail


FILLED = """
services:
  gateway:
    user: root
    volumes: ["emptied:/app/migrations"]
volumes: {emptied: }
"""


@pytest.mark.kinds("compose")
async def test_an_empty_volume_gets_nothing_of_an_image_that_failed(standin: ComposeWorld) -> None:
    """An engine fills it from the image of each container that it makes, which must not come into the copy of it."""
    (Path(standin.project.folder) / "emptied.yaml").write_text(FILLED)
    project = replace(standin.project, files=(*standin.project.files, "emptied.yaml"))
    await standin.reconfigure(compose=project, files=FileRules(keep=("/app/migrations",)))
    await standin.compose("up", "--detach", "gateway")
    await standin.until(standin.answers)
    (gateway,) = await standin.gateways()
    (folder,) = [Path(each.source) for each in gateway.mounts]
    assert {each.name for each in folder.iterdir()}, "the engine filled it"
    for each in folder.iterdir():
        each.unlink()
    before = described(folder)
    await rolled_back(standin, "1.6.0", "verify-doctor")
    assert described(folder) == before
    restored = await standin.one(e.DatabaseRestored)
    assert restored.files
    assert restored.files.files > 0, "the new version had its image's files in there"
