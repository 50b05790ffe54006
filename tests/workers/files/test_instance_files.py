"""An instance's files: several copies that share their contents, and what happened once and is remembered."""

import shutil
from pathlib import Path

import pytest

from astrolabe.domain.instances.file_rules import KeptFolder
from astrolabe.domain.plans.rollback_point import FilesCopy
from astrolabe.workers.files.copying import Copying
from astrolabe.workers.files.instance_files import InstanceFiles, Moved
from astrolabe.workers.files.restoring import Damaged


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a folder with two files."""
    folder = tmp_path / "root"
    folder.mkdir()
    (folder / "one").write_text("one")
    (folder / "two").write_text("two")
    return folder


@pytest.fixture
def files(tmp_path: Path) -> InstanceFiles:
    """Return the copies of an instance that has none yet."""
    return InstanceFiles(tmp_path / "files")


def copied(files: InstanceFiles, mark: str, root: Path, *, moved: bool = True) -> FilesCopy:
    """Copy the folder under a name."""
    return files.copy(mark, [KeptFolder(str(root))], Copying(files.contents, settled=True), moved=moved)


def test_a_folder_is_put_back_once(files: InstanceFiles, root: Path) -> None:
    """Whoever repeats the step would take from the old version what that has written since."""
    before = copied(files, "up-1-before", root)
    (root / "one").write_text("by the new version")
    files.put_back(before, "up-1-after")
    assert (root / "one").read_text() == "one"
    (root / "one").write_text("by the old version, which serves again")
    files.put_back(before, "up-1-after")
    assert (root / "one").read_text() == "by the old version, which serves again"


def test_a_folder_that_is_not_there_any_more_is_not_taken_for_an_empty_one(files: InstanceFiles, root: Path) -> None:
    """A network's file system that is mounted only while the instance runs would be emptied by the way back."""
    copied(files, "up-1-before", root)
    shutil.move(root, root.with_name("elsewhere"))
    root.mkdir()
    with pytest.raises(Moved, match="root"):
        copied(files, "up-1-before", root, moved=False)


def test_what_was_written_since_cutover_is_counted(files: InstanceFiles, root: Path) -> None:
    """A file is one, wherever it is; one that was removed shows in its folder; unknown is not none."""
    (root / "inside").mkdir()
    (root / "inside/three").write_text("three")
    copy = copied(files, "up-1-before", root)
    assert files.written_since(copy, "up-1-new") is None
    moment = (root / "inside/three").stat().st_mtime_ns
    while files.written_since(copy, "up-1-new") != {str(root): 0}:
        files.cutover("up-1-new").unlink(missing_ok=True)
        files.note(files.cutover("up-1-new"))
    assert files.cutover("up-1-new").stat().st_mtime_ns > moment
    (root / "four").write_text("four")
    (root / "inside/three").unlink()
    assert files.written_since(copy, "up-1-new") == {str(root): 2}


def test_contents_go_with_the_last_copy_that_needs_them(files: InstanceFiles, root: Path) -> None:
    """And nothing of what another copy needs."""
    before = copied(files, "up-1-before", root)
    (root / "one").write_text("changed")
    after = copied(files, "up-1-after", root)
    kept = {path.read_text() for path in root.parent.joinpath("files/contents").glob("??/*")}
    assert kept == {"one", "two", "changed"}
    files.discard(after.manifest)
    files.put_back(before, "up-1-after")
    assert (root / "one").read_text() == "one"
    files.discard(before.manifest)
    assert [path for path in root.parent.joinpath("files").rglob("*") if path.is_file()] == []


def test_a_copy_that_is_not_what_was_recorded_is_not_put_back(files: InstanceFiles, root: Path) -> None:
    """Nor is one that is gone."""
    before = copied(files, "up-1-before", root)
    (root / "one").write_text("changed")
    copied(files, "up-1-before", root)
    with pytest.raises(Damaged, match="not what was recorded"):
        files.put_back(before, "up-1-after")
    Path(before.manifest).unlink()
    with pytest.raises(Damaged, match="is gone"):
        files.put_back(before, "up-1-after")
    assert (root / "one").read_text() == "changed"
