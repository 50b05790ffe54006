"""An instance's files: the copies of its folders on this host, and what became of them."""

import hashlib
import os
from collections.abc import Collection
from pathlib import Path
from typing import Final

from astrolabe.domain.instances.file_rules import KeptFolder
from astrolabe.domain.plans.rollback_point import FilesCopy
from astrolabe.workers.files.contents import Contents
from astrolabe.workers.files.copying import Copying, Place, copied_from
from astrolabe.workers.files.entry import scan
from astrolabe.workers.files.manifest import Manifest, Tree, load, save
from astrolabe.workers.files.restoring import Damaged, restore

TICK_NS: Final = 20_000_000
"""How much later than a moment what happens then may be in a file system's times."""


class Moved(Exception):  # noqa: N818  what is so
    """A folder is not the one that was copied before."""


class InstanceFiles:
    """A folder with a manifest for each copy, and with the contents that they have together.

    All but `where` blocks, and is called in a thread.
    """

    def __init__(self, folder: Path) -> None:
        self._folder: Path = folder
        self.contents: Contents = Contents(folder / "contents")

    def where(self, mark: str) -> Path:
        """Return the manifest of a copy."""
        return self._folder / f"{mark}.json"

    def copy(self, mark: str, folders: Collection[KeptFolder], copying: Copying, *, moved: bool) -> FilesCopy:
        """Copy folders under a name, or bring the copy that has it up to date.

        Raises Unsettled where somebody writes who must not, and Moved where a folder is another than before and that is
        not looked for.
        """
        path, known = self.where(mark), copied_from(self._folder.glob("*.json"), load)
        before = load(path)
        manifest = copying.run([Place(each.root, each.leave) for each in folders], known)
        if before and not moved:
            _refuse_moved(before, manifest)
        sha256 = save(path, manifest)
        if moved:  # else the instance is stopped, and what nothing needs can wait
            self._forget()
        roots = tuple(each.root for each in folders)
        return FilesCopy(str(path), sha256, manifest.files, manifest.size, roots)

    def recorded(self, mark: str) -> FilesCopy | None:
        """Return a copy that was made under a name; None where there is none yet."""
        path = self.where(mark)
        if (manifest := load(path)) is None:
            return None
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        roots = tuple(tree.root for tree in manifest.trees)
        return FilesCopy(str(path), sha256, manifest.files, manifest.size, roots)

    def prepared(self, mark: str) -> tuple[KeptFolder, ...]:
        """Return the folders that were copied under a name, as they were named then."""
        manifest = load(self.where(mark))
        if manifest is None:
            raise Damaged(f"{self.where(mark)} is gone")
        return tuple(KeptFolder(tree.root, tree.leave) for tree in manifest.trees)

    def folders(self, copy: FilesCopy) -> tuple[KeptFolder, ...]:
        """Return the folders that a copy is of, with what in them belongs to none."""
        return tuple(KeptFolder(tree.root, tree.leave) for tree in self._trees(copy))

    def put_back(self, copy: FilesCopy, mark: str) -> None:
        """Make the folders what they were, once: whoever asks again under the same mark finds it done."""
        done = self._done(mark)
        if done.exists():
            return
        for tree in self._trees(copy):
            restore(tree, self.contents)
        self.note(done)

    def was_put_back(self, mark: str) -> bool:
        """Return whether the folders were put back under a mark."""
        return self._done(mark).exists()

    def note(self, path: Path) -> None:
        """Note that something has happened, which is remembered as of its first time."""
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(0o600)
        self.contents.flush()

    def cutover(self, mark: str) -> Path:
        """Return the note that others are let in."""
        return self._folder / f"{mark}.cutover"

    def written_since(self, copy: FilesCopy, mark: str) -> dict[str, int] | None:
        """Count what was written, made or removed since others were let in, by folder; None where nobody knows."""
        try:
            moment = self.cutover(mark).stat().st_mtime_ns - TICK_NS
            return {tree.root: _changed(tree, moment) for tree in self._trees(copy)}
        except (OSError, Damaged):
            return None

    def discard(self, manifest: str) -> None:
        """Delete a copy, and the contents that no other needs."""
        path = Path(manifest)
        path.unlink(missing_ok=True)
        for note in (*self._folder.glob("*.done"), *self._folder.glob("*.cutover")):
            if not any(self._folder.glob(f"{note.stem.rpartition('-')[0]}-*.json")):
                note.unlink()
        self._forget()

    def forget_strays(self, known: Collection[str]) -> None:
        """Delete the copies that were never recorded."""
        for path in self._folder.glob("*.json"):
            if str(path) not in known:
                path.unlink()

    def _done(self, mark: str) -> Path:
        return self._folder / f"{mark}.done"

    def _trees(self, copy: FilesCopy) -> tuple[Tree, ...]:
        try:
            manifest = load(Path(copy.manifest), copy.sha256)
        except ValueError as error:
            raise Damaged(str(error)) from None
        if manifest is None:
            raise Damaged(f"{copy.manifest} is gone")
        return manifest.trees

    def _forget(self) -> None:
        needed = [sha256 for path in self._folder.glob("*.json") for sha256 in (load(path) or Manifest(())).contents()]
        self.contents.forget_all_but(set(needed))


def _refuse_moved(before: Manifest, now: Manifest) -> None:
    for one, other in zip(before.trees, now.trees, strict=True):
        if one.identity is not None and one.identity != other.identity:
            raise Moved(one.root)


def _changed(tree: Tree, moment: int) -> int:
    """Count files, and folders in which something was removed; what only lies in a folder that changed is one."""
    root = Path(tree.root)
    if not os.path.lexists(root):
        return 1
    changed = [each for each in scan(root, tree.leave) if each.seen and each.seen[2] >= moment]
    around = {each.path.rpartition("/")[0] for each in changed if each.path}
    return sum(each.kind != "folder" or each.path not in around for each in changed)
