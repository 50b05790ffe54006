"""Copying trees: only what has changed since an earlier copy is read."""

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from astrolabe.workers.files.contents import Contents, flush
from astrolabe.workers.files.entry import Entry, identity, joined, scan
from astrolabe.workers.files.manifest import Manifest, Tree

SLACK_NS: Final = 2_000_000_000
"""How much coarser than a nanosecond the times of a file system may be, with room to spare."""


class Unsettled(Exception):  # noqa: N818  what is so
    """A file changed while it was copied, though nobody was to write."""


class Stopped(Exception):  # noqa: N818  what is so
    """Whoever wanted the copy wants it no more."""


class Place(Struct, frozen=True):
    """A folder that is copied, and what in it is not, from its root."""

    root: str
    leave: tuple[str, ...] = ()


class Copying:
    """One copy in the making; it may be watched, and called off, from another thread."""

    def __init__(self, contents: Contents, *, settled: bool) -> None:
        self._contents: Contents = contents
        self._settled: bool = settled
        self._off: threading.Event = threading.Event()
        self.done: int = 0
        """How many bytes were copied."""

    def call_off(self) -> None:
        """Have it raise Stopped soon."""
        self._off.set()

    def run(self, places: Iterable[Place], known: Iterable[Tree]) -> Manifest:
        """Copy what is not in one of the known trees as it is now.

        Raises Unsettled where nobody is to write, and somebody does.
        """
        earlier = list(known)
        manifest = Manifest(tuple(self._tree(place, earlier) for place in places))
        self._contents.flush()
        return manifest

    def _tree(self, place: Place, known: Iterable[Tree]) -> Tree:
        root = Path(place.root)
        before = {entry.path: entry for tree in known if tree.root == place.root for entry in tree.entries}
        if not os.path.lexists(root):
            return Tree(place.root, place.leave, None, ())
        begun = time.time_ns()
        flush(root)  # else a page of a mapped file could be written to later with no sign of it in its times
        found = root.stat()
        entries = tuple(self._entries(root, scan(root, place.leave, begun - SLACK_NS), before))
        return Tree(place.root, place.leave, (found.st_dev, found.st_ino), entries)

    def _entries(self, root: Path, found: Iterable[Entry], before: Mapping[str, Entry]) -> Iterable[Entry]:
        contents: dict[str, str] = {}
        for entry in found:
            if self._off.is_set():
                raise Stopped
            copied = entry
            if entry.kind == "file" and entry.first is not None and entry.first in contents:
                copied = replace(entry, sha256=contents[entry.first])
            elif entry.kind == "file":
                earlier = before.get(entry.path)
                known = earlier.sha256 if earlier and entry.same_as(earlier) else None
                kept = replace(entry, sha256=known) if known else self._kept(root, entry)
                if kept is None:
                    continue
                copied = kept
                contents[entry.path] = copied.sha256 or ""
            yield copied

    def _kept(self, root: Path, entry: Entry) -> Entry | None:
        """Copy a file's content; None where it is gone, or no file any more."""
        try:
            source = os.open(joined(root, entry.path), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            if self._settled:
                raise
            return None
        try:
            sha256 = self._contents.keep(source)
            found = os.fstat(source)
        finally:
            os.close(source)
        self.done += entry.size
        settled = entry.seen is None or entry.seen == identity(found)
        if (found.st_size, found.st_mtime_ns) != (entry.size, entry.modified) or not settled:
            if self._settled:
                raise Unsettled(entry.path)
            return replace(entry, seen=None, sha256=sha256)
        return replace(entry, sha256=sha256)


def copied_from(manifests: Iterable[Path], load: Callable[[Path], Manifest | None]) -> list[Tree]:
    """Return the trees of earlier copies, the latest last."""
    latest = sorted(manifests, key=lambda path: path.stat().st_mtime_ns)
    return [tree for path in latest if (manifest := load(path)) for tree in manifest.trees]
