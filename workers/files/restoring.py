"""Restoring trees: what differs from a copy is put back, and all of it is looked at afterwards."""

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from secrets import token_hex
from urllib.parse import unquote_to_bytes

from astrolabe.workers.files.contents import Contents, copy_content, flush
from astrolabe.workers.files.entry import Entry, attributes_of, joined, scan
from astrolabe.workers.files.manifest import Tree


class Damaged(Exception):  # noqa: N818  what is so
    """A copy is not what was copied, or what was put back is not what the copy holds."""


def restore(tree: Tree, contents: Contents) -> None:
    """Make a folder what it was when it was copied, and prove that it is; may be done again at any moment.

    A file takes its place whole. What was never touched stays, and what belongs to no copy is left alone.
    """
    root = Path(tree.root)
    wanted = {entry.path: entry for entry in tree.entries}
    now = {entry.path: entry for entry in _present(root, tree)}
    _delete(root, tree, now, wanted)
    for entry in tree.entries:
        _put(root, entry, now.get(entry.path), contents)
    _settle(root, tree)
    flush(root)
    if wrong := differing(tree):
        raise Damaged(f"{len(wrong)} of {tree.root} differ after they were put back: {', '.join(wrong[:5])}")


def differing(tree: Tree) -> list[str]:
    """Return what is not as it was copied, leaving aside what files hold."""
    root = Path(tree.root)
    now = {entry.path: entry.lasting for entry in _present(root, tree)}
    wanted = {entry.path: entry.lasting for entry in tree.entries}
    strange = [path for path in now if path not in wanted and not _holds_left(path, tree.leave)]
    return strange + [path for path, entry in wanted.items() if now.get(path) != entry]


def _present(root: Path, tree: Tree) -> Iterable[Entry]:
    return scan(root, tree.leave) if os.path.lexists(root) else ()


def _holds_left(path: str, leave: Iterable[str]) -> bool:
    return any(each.startswith(f"{path}/") or not path for each in leave)


def _delete(root: Path, tree: Tree, now: Mapping[str, Entry], wanted: Mapping[str, Entry]) -> None:
    for path, entry in reversed(list(now.items())):
        other = wanted.get(path)
        if other and other.kind == entry.kind:
            continue
        if entry.kind != "folder":
            joined(root, path).unlink()
        elif not _holds_left(path, tree.leave):
            _remove_folder(joined(root, path))


def _remove_folder(where: Path) -> None:
    for each in where.iterdir():  # sockets, which no copy has
        each.unlink()
    where.rmdir()


def _put(root: Path, entry: Entry, now: Entry | None, contents: Contents) -> None:
    where = joined(root, entry.path)
    if entry.kind == "folder":
        if now is None or now.kind != "folder":
            where.mkdir(0o700, parents=True)
        return
    if now and (now.same_as(entry) or (entry.kind != "file" and now.lasting == entry.lasting)):
        return
    beside = where.with_name(f".{token_hex(8)}.part")
    try:
        _make(beside, root, entry, contents)
        if entry.first is None:
            _set_metadata(beside, entry)
        beside.replace(where)
    finally:
        beside.unlink(missing_ok=True)  # still there also where it is a second name of the very same file


def _make(beside: Path, root: Path, entry: Entry, contents: Contents) -> None:
    if entry.kind == "link":
        beside.symlink_to(os.fsdecode(unquote_to_bytes(entry.target or "")))
    elif entry.kind == "pipe":
        os.mkfifo(beside, 0o600)
    elif entry.first is not None:
        os.link(joined(root, entry.first), beside)
    else:
        _fill(beside, entry, contents)


def _fill(beside: Path, entry: Entry, contents: Contents) -> None:
    beside.touch(0o600, exist_ok=False)
    with beside.open("r+b", buffering=0) as file, contents.where(entry.sha256 or "").open("rb") as source:
        copy_content(source.fileno(), file.fileno())
        file.seek(0)
        if hashlib.file_digest(file, "sha256").hexdigest() != entry.sha256:
            raise Damaged(f"the copy of {entry.path} does not have the SHA-256 that it was kept under")


def _set_metadata(where: Path, entry: Entry) -> None:
    """Set owner, mode, attributes and time, in the order in which none of them undoes another."""
    os.chown(where, entry.owner, entry.group, follow_symlinks=False)
    if entry.kind != "link":
        where.chmod(entry.mode)
    for name in attributes_of(where).keys() - entry.attributes.keys():
        os.removexattr(where, name, follow_symlinks=False)
    for name, value in entry.attributes.items():
        os.setxattr(where, name, value, follow_symlinks=False)
    os.utime(where, ns=(entry.modified, entry.modified), follow_symlinks=False)


def _settle(root: Path, tree: Tree) -> None:
    """Set owner, mode and time once more of what lost them by what was done beside or in it, the innermost first."""
    now = {entry.path: entry.lasting for entry in _present(root, tree)}
    for entry in reversed(tree.entries):
        if entry.first is None and now.get(entry.path) != entry.lasting:
            _set_metadata(joined(root, entry.path), entry)
