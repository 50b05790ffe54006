"""An entry: what a copy knows of one file, folder or link."""

import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final, Literal
from urllib.parse import quote_from_bytes, unquote_to_bytes

from msgspec import Struct
from msgspec.structs import replace

EntryKind = Literal["folder", "file", "link", "pipe"]

KINDS: Final[dict[int, EntryKind]] = {
    stat.S_IFDIR: "folder",
    stat.S_IFREG: "file",
    stat.S_IFLNK: "link",
    stat.S_IFIFO: "pipe",
}

NOTHING: Final = (stat.S_IFSOCK,)
"""A socket is nothing without the program that listens there."""


class Unkeepable(Exception):  # noqa: N818  what is so
    """There is something that no copy can hold."""


class Entry(Struct, frozen=True, omit_defaults=True):
    """One name in a tree; owners by number, times in nanoseconds, sizes in bytes."""

    path: str
    """From the tree's root, empty for the root itself; what is not plain is written as in a URL."""
    kind: EntryKind
    mode: int
    owner: int
    group: int
    modified: int
    size: int = 0
    """Of a file; 0 for all else."""
    seen: tuple[int, int, int] | None = None
    """Its device, its number there, and when anything of it changed last; None where that is too lately to go by."""
    sha256: str | None = None
    """The content of a file, by which its copy is named; None for all else, and where it was only looked at."""
    target: str | None = None
    """Where a link leads, written as a path is."""
    first: str | None = None
    """The first path by which a file is also known; None where it is this one."""
    attributes: dict[str, bytes] = {}
    """Its extended attributes, access lists among them."""

    def same_as(self, other: "Entry | None") -> bool:
        """Return whether nothing of it has changed between two looks."""
        if other is None or self.seen is None:
            return False
        return (self.kind, self.size, self.modified, self.seen) == (other.kind, other.size, other.modified, other.seen)

    @property
    def lasting(self) -> "Entry":
        """Return all that a copy brings back."""
        return replace(self, seen=None, sha256=None)


def quoted(path: bytes) -> str:
    """Write a path, of whatever bytes, as text."""
    return quote_from_bytes(path, safe="/ ")


def joined(root: Path, path: str) -> Path:
    """Return where an entry of a tree is."""
    return root / os.fsdecode(unquote_to_bytes(path)) if path else root


def scan(root: Path, leave: Collection[str] = (), changed_before: int | None = None) -> Iterator[Entry]:
    """Look at a tree, every folder before what is in it, but at nothing that is to be left alone.

    What changed at a moment or later, in nanoseconds, is not to be known again by its times. Raises OSError where the
    root cannot be read, and Unkeepable; what is gone meanwhile is left out.
    """
    firsts: dict[tuple[int, int], str] = {}
    waiting = [""]
    while waiting:
        path = waiting.pop()
        try:
            entry = _look(root, path, firsts, changed_before)
            if entry is None:
                continue
            yield entry
            if entry.kind == "folder":
                inside = sorted((quoted(os.fsencode(each.name)) for each in joined(root, path).iterdir()), reverse=True)
                below = [f"{path}/{each}" if path else each for each in inside]
                waiting += [each for each in below if each not in leave]
        except FileNotFoundError:
            if not path:
                raise


def _look(root: Path, path: str, firsts: dict[tuple[int, int], str], changed_before: int | None) -> Entry | None:
    where = joined(root, path)
    found = where.lstat()
    if stat.S_IFMT(found.st_mode) in NOTHING:
        return None
    kind = KINDS.get(stat.S_IFMT(found.st_mode))
    if kind is None:
        raise Unkeepable(f"{where} is a device")
    latest = max(found.st_ctime_ns, found.st_mtime_ns)
    first = firsts.setdefault((found.st_dev, found.st_ino), path) if kind == "file" and found.st_nlink > 1 else path
    return Entry(
        path=path,
        kind=kind,
        mode=stat.S_IMODE(found.st_mode),
        owner=found.st_uid,
        group=found.st_gid,
        modified=found.st_mtime_ns,
        size=found.st_size if kind == "file" else 0,
        seen=identity(found) if changed_before is None or latest < changed_before else None,
        target=quoted(os.fsencode(os.readlink(where))) if kind == "link" else None,  # noqa: PTH115  as it is written
        first=first if first != path else None,
        attributes=attributes_of(where),
    )


def identity(found: os.stat_result) -> tuple[int, int, int]:
    """Return what changes with everything that is done to a file."""
    return found.st_dev, found.st_ino, found.st_ctime_ns


def attributes_of(where: Path) -> dict[str, bytes]:
    """Return the extended attributes of what is there itself."""
    try:
        names = os.listxattr(where, follow_symlinks=False)
        return {name: os.getxattr(where, name, follow_symlinks=False) for name in names}
    except OSError:  # its file system has none
        return {}
