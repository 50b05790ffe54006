"""A tree that is not finished goes, and nobody else of its worker waits for that."""

import asyncio
import shutil
import threading
from pathlib import Path

import pytest

from astrolabe.domain.plans.plan import Artifact
from astrolabe.workers.kinds.npm import npm

PATIENCE_SECONDS = 10.0
GATEWAY = Artifact("@acme/gateway", "1.2.0", f"sha512-{'a' * 20}", "https://registry.example")


class Deletion:
    """What deletes trees, once it is allowed to."""

    def __init__(self) -> None:
        self._delete = shutil.rmtree
        self._loop = asyncio.get_running_loop()
        self.begun = asyncio.Event()
        self.allowed = threading.Event()
        self.in_time: list[bool] = []

    def __call__(self, tree: Path, *, ignore_errors: bool) -> None:
        """Delete a tree; what is not there takes no time."""
        if tree.exists():
            self._loop.call_soon_threadsafe(self.begun.set)
            self.in_time.append(self.allowed.wait(PATIENCE_SECONDS))
        self._delete(tree, ignore_errors=ignore_errors)


@pytest.fixture
async def deletion(monkeypatch: pytest.MonkeyPatch) -> Deletion:
    """Let trees be deleted only when a test allows it."""
    made = Deletion()
    monkeypatch.setattr(shutil, "rmtree", made)
    return made


async def _fail(artifacts: Path) -> None:
    async with npm.shelving(GATEWAY, artifacts, "owner") as unfinished:
        (unfinished / "half").write_text("of a package")
        raise ConnectionResetError


async def test_the_loop_goes_on_while_an_unfinished_tree_is_deleted(tmp_path: Path, deletion: Deletion) -> None:
    """A pull that failed leaves the loop to the others while its tree goes, and ends with its own error."""
    failing = asyncio.create_task(_fail(tmp_path))
    await deletion.begun.wait()
    assert not failing.done()
    deletion.allowed.set()
    with pytest.raises(ConnectionResetError):
        await failing
    assert deletion.in_time == [True]
    assert list((tmp_path / "@acme" / "gateway").iterdir()) == []


async def test_whoever_is_cancelled_meanwhile_leaves_no_deletion_behind(tmp_path: Path, deletion: Deletion) -> None:
    """Nothing deletes any more once it has ended: the next pull fills the same folder."""
    failing = asyncio.create_task(_fail(tmp_path))
    await deletion.begun.wait()
    failing.cancel()
    await asyncio.sleep(0)
    assert not failing.done()
    deletion.allowed.set()
    with pytest.raises(asyncio.CancelledError):
        await failing
    assert list((tmp_path / "@acme" / "gateway").iterdir()) == []


async def test_a_folder_without_a_whole_tree_makes_room(tmp_path: Path) -> None:
    """What lies in a tree's place and is not whole is replaced."""
    place = npm.shelf(tmp_path, GATEWAY)
    place.mkdir(parents=True)
    (place / "stray").write_text("of another time")
    async with npm.shelving(GATEWAY, tmp_path, "owner") as unfinished:
        (unfinished / "whole").write_text("package")
    assert sorted(each.name for each in place.iterdir()) == [npm.MANIFEST, "whole"]
