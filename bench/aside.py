"""Putting files aside: what a host shall not have is moved away, and deleted once everything is measured."""

from pathlib import Path

from astrolabe.store.ids import new_id


def put_aside(what: Path, folder: Path) -> None:
    """Move what there may be to a folder of the same file system; to delete it would make whoever comes next wait.

    For each file that is made in the minutes after, ext4 looks for an inode among those that were deleted.
    """
    if what.exists():
        (folder / "aside").mkdir(exist_ok=True)
        what.rename(folder / "aside" / new_id())
