"""Trees for tests: made and changed at random, and described without the code that is tried."""

import contextlib
import hashlib
import os
import shutil
import stat
from pathlib import Path
from typing import Final, TypeAlias

from hypothesis import strategies as st

Described: TypeAlias = dict[str, tuple[object, ...]]
Change: TypeAlias = tuple[str, str, str, int]

NAMES: Final = ("a", "b", "c ä", "d%20", "e\udcff")
PATHS: Final = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map("/".join)
KINDS: Final = ("write", "again", "remove", "folder", "link", "second", "mode", "time", "attribute", "rename", "holes")
CHANGES: Final = st.lists(st.tuples(st.sampled_from(KINDS), PATHS, PATHS, st.integers(0, 2000)), max_size=12)


def change(root: Path, changes: list[Change]) -> None:
    """Do to a tree what was drawn; what cannot be done as the tree is does nothing."""
    for kind, one, other, number in changes:
        with contextlib.suppress(OSError):
            _change(root, kind, root / one, root / other, number)


def _change(root: Path, kind: str, one: Path, other: Path, number: int) -> None:  # noqa: C901  one line a kind
    match kind:
        case "write":
            one.parent.mkdir(parents=True, exist_ok=True)
            one.write_bytes(os.urandom(number))
        case "again":  # in place, of the same length and with the same time: nothing but the time of change tells it
            before = one.stat()
            with one.open("r+b") as file:
                file.write(os.urandom(before.st_size))
            os.utime(one, ns=(before.st_atime_ns, before.st_mtime_ns))
        case "remove":
            shutil.rmtree(one) if one.is_dir() and not one.is_symlink() else one.unlink()
        case "folder":
            one.mkdir(parents=True)
        case "link":
            one.symlink_to(os.path.relpath(other, one.parent))
        case "second":
            os.link(one, other, follow_symlinks=False)
        case "mode":
            # Into a folder that is closed to its owner only root can look: see docs/promises.md.
            entered = 0o700 if one.is_dir() and os.geteuid() else 0o400
            one.chmod(number & 0o777 | entered)
            os.chown(one, number, number + 1, follow_symlinks=False)
        case "time":
            os.utime(one, ns=(number * 10**12, number * 10**12 + 7), follow_symlinks=False)
        case "attribute":
            os.setxattr(one, f"user.{number % 3}", str(number).encode())
        case "rename":
            if not other.is_relative_to(one) and not root.is_relative_to(one):
                one.rename(other)
        case _:
            with one.open("r+b") as file:
                file.truncate(number * 4096)


def described(root: Path) -> Described:
    """Describe all that a copy is to bring back."""
    found: Described = {}
    names: dict[int, list[str]] = {}
    for path in sorted([root, *root.rglob("*")]):
        where = str(path.relative_to(root))
        status = path.lstat()
        if stat.S_ISREG(status.st_mode):
            names.setdefault(status.st_ino, []).append(where)
        found[where] = (
            stat.S_IFMT(status.st_mode),
            stat.S_IMODE(status.st_mode),
            (status.st_uid, status.st_gid, status.st_mtime_ns),
            {
                name: os.getxattr(path, name, follow_symlinks=False)
                for name in os.listxattr(path, follow_symlinks=False)
            },
            hashlib.sha256(path.read_bytes()).hexdigest() if stat.S_ISREG(status.st_mode) else "",
            str(path.readlink()) if path.is_symlink() else "",
        )
    for group in names.values():
        for each in group:
            found[each] = (*found[each], tuple(group))
    return found


def await_a_later_time(beside: Path) -> None:
    """Wait until the file system's clock has moved on, so that another change has another time."""
    probe = beside / "probe"
    probe.touch()
    before = probe.stat().st_ctime_ns
    while probe.stat().st_ctime_ns == before:
        probe.chmod(0o600)
