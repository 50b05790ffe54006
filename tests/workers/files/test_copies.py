"""A copy of folders: whatever is done to them afterwards, they are put back as they were."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings

from astrolabe.workers.files import copying
from astrolabe.workers.files.contents import Contents
from astrolabe.workers.files.copying import Copying, Place, Stopped, Unsettled
from astrolabe.workers.files.entry import Unkeepable
from astrolabe.workers.files.manifest import Manifest, load, save
from astrolabe.workers.files.restoring import Damaged, restore
from tests.workers.files.trees import CHANGES, Change, await_a_later_time, change, described


@pytest.fixture(autouse=True)
def _exact_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "SLACK_NS", 0)


def copied(folder: Path, root: Path, *known: Manifest, leave: tuple[str, ...] = ()) -> Manifest:
    """Copy a tree that nobody writes to."""
    await_a_later_time(folder)
    contents = Contents(folder / "contents")
    trees = [tree for each in known for tree in each.trees]
    manifest = Copying(contents, settled=True).run([Place(str(root), leave)], trees)
    contents.forget_all_but(set(manifest.contents()))
    await_a_later_time(folder)
    return manifest


def put_back(folder: Path, manifest: Manifest) -> None:
    """Put the one tree of a copy back."""
    restore(manifest.trees[0], Contents(folder / "contents"))


@settings(max_examples=60, deadline=None)
@given(made=CHANGES, serving=CHANGES, migrating=CHANGES)
def test_what_a_new_version_does_is_undone(made: list[Change], serving: list[Change], migrating: list[Change]) -> None:
    """It is copied while the old version writes, brought up to date when that has stopped, and put back afterwards."""
    with TemporaryDirectory() as name:
        folder, root = Path(name), Path(name, "root")
        root.mkdir()
        change(root, made)
        prepared = copied(folder, root)
        change(root, serving)
        stopped = copied(folder, root, prepared)
        before = described(root)
        change(root, migrating)
        put_back(folder, stopped)
        assert described(root) == before
        put_back(folder, stopped)
        assert described(root) == before


def test_only_what_has_changed_is_read_again(tmp_path: Path) -> None:
    """So downtime does not grow with the size of what nobody has touched."""
    root = tmp_path / "root"
    root.mkdir()
    for name in ("one", "two", "three"):
        (root / name).write_bytes(name.encode() * 100)
    prepared = copied(tmp_path, root)
    (root / "two").write_bytes(b"2")
    (root / "three").unlink()
    after = Copying(Contents(tmp_path / "contents"), settled=True)
    brought = after.run([Place(str(root))], prepared.trees)
    assert after.done == 1
    assert [entry.path for entry in brought.trees[0].entries] == ["", "one", "two"]


def test_what_was_never_touched_stays_the_very_file(tmp_path: Path) -> None:
    """Nor does the way back copy what the new version left alone."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "same").write_text("same")
    (root / "other").write_text("before")
    manifest = copied(tmp_path, root)
    number = (root / "same").stat().st_ino
    (root / "other").write_text("after")
    put_back(tmp_path, manifest)
    assert (root / "other").read_text() == "before"
    assert (root / "same").stat().st_ino == number


def test_what_is_left_alone_is_neither_copied_nor_put_back(tmp_path: Path) -> None:
    """A cache stays as the new version wrote it, also where that version moved the folder around it."""
    root = tmp_path / "root"
    (root / "data/cache").mkdir(parents=True)
    (root / "data/cache/big").write_text("old")
    manifest = copied(tmp_path, root, leave=("data/cache",))
    assert "data/cache" not in [entry.path for entry in manifest.trees[0].entries]
    (root / "data/cache/big").write_text("new")
    (root / "data/more").write_text("more")
    put_back(tmp_path, manifest)
    assert (root / "data/cache/big").read_text() == "new"
    assert not (root / "data/more").exists()


def test_holes_and_pipes_are_kept(tmp_path: Path) -> None:
    """A file of nothing but room takes none, in the copy and when it is put back."""
    root = tmp_path / "root"
    root.mkdir()
    with (root / "sparse").open("wb") as file:
        file.truncate(1 << 28)
        file.seek(1 << 27)
        file.write(b"in the middle")
    os.mkfifo(root / "pipe")
    before = (root / "sparse").stat()
    manifest = copied(tmp_path, root)
    (root / "sparse").unlink()
    (root / "pipe").unlink()
    put_back(tmp_path, manifest)
    assert (root / "sparse").stat().st_size == before.st_size
    assert (root / "sparse").stat().st_blocks <= before.st_blocks + 64
    assert (root / "pipe").is_fifo()


def test_a_copy_that_is_damaged_is_never_put_back(tmp_path: Path) -> None:
    """It is seen before it takes anything's place."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "file").write_text("right")
    manifest = copied(tmp_path, root)
    [sha256] = manifest.contents()
    Contents(tmp_path / "contents").where(sha256).write_text("wrong")
    (root / "file").write_text("new")
    with pytest.raises(Damaged, match="file"):
        put_back(tmp_path, manifest)
    assert (root / "file").read_text() == "new"


def test_a_manifest_that_was_changed_is_not_believed(tmp_path: Path) -> None:
    """The log says its SHA-256."""
    path = tmp_path / "manifest.json"
    sha256 = save(path, Manifest(()))
    assert load(path, sha256) == Manifest(())
    path.write_text('{"trees": [] }')
    with pytest.raises(ValueError, match="not what was recorded"):
        load(path, sha256)


def test_somebody_who_still_writes_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy that is half of one state and half of another would be no way back."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "file").write_text("one")
    kept = Contents.keep

    def keep(contents: Contents, source: int) -> str:
        sha256 = kept(contents, source)
        (root / "file").write_text("longer")
        return sha256

    monkeypatch.setattr(Contents, "keep", keep)
    with pytest.raises(Unsettled, match="file"):
        Copying(Contents(tmp_path / "contents"), settled=True).run([Place(str(root))], ())
    serving = Copying(Contents(tmp_path / "contents"), settled=False).run([Place(str(root))], ())
    assert serving.trees[0].entries[1].seen is None


def test_a_copy_can_be_called_off(tmp_path: Path) -> None:
    """Its worker may have lost its lease, or be asked to stop."""
    copy = Copying(Contents(tmp_path / "contents"), settled=True)
    copy.call_off()
    with pytest.raises(Stopped):
        copy.run([Place(str(tmp_path))], ())


def test_a_device_is_refused_by_name(tmp_path: Path) -> None:
    """It has no content that a copy could hold."""
    try:
        os.mknod(tmp_path / "null", 0o020600, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("this user may make no device")
    with pytest.raises(Unkeepable, match="null"):
        Copying(Contents(tmp_path / "contents"), settled=True).run([Place(str(tmp_path))], ())
