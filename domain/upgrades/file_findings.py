"""File findings: what preflight saw of the folders beside the database, and the checks they make."""

from collections.abc import Iterator

from msgspec import Struct

from astrolabe.domain.instances.file_rules import Rule
from astrolabe.domain.plans.plan import Check
from astrolabe.domain.upgrades.database_findings import HEADROOM


class FolderFinding(Struct, frozen=True):
    """A folder that the instance may write to."""

    where: str
    """Which it is, in words."""
    rule: Rule | None
    """What is said of it; None where nobody said anything."""
    size: int | None
    """How many bytes its files have; None where that cannot be seen from here."""
    trouble: str | None = None
    """Why it cannot be kept; None where it can, or need not be."""


class FileFindings(Struct, frozen=True):
    """The folders, and the disk that their copies go to; sizes in bytes."""

    folders: tuple[FolderFinding, ...]
    folder: str
    """Where the copies go."""
    free: int


def file_checks(found: FileFindings) -> Iterator[Check]:
    """Check that it is known of every folder whether it goes back, that it can, and that there is room for its copy."""
    ordered = sorted(found.folders, key=lambda each: (each.rule is not None, each.trouble is None))
    seen = "; ".join(map(_said, ordered))
    ok = all(each.rule is not None and each.trouble is None for each in found.folders)
    yield Check("files", ok, seen or "no folder beside the database is known to be written to")
    size = sum(each.size or 0 for each in found.folders if each.rule == "keep")
    if size:
        needed = int(size * HEADROOM)
        seen = f"files: {needed:,} bytes needed in {found.folder}, {found.free:,} free"
        yield Check("disk", found.free >= needed, seen)


def _said(each: FolderFinding) -> str:
    size = "of unknown size" if each.size is None else f"{each.size:,} bytes"
    if each.rule is None:
        return f"{each.where}, {size}, is written to, and nobody said whether it goes back with the database"
    if each.rule == "leave":
        return f"{each.where}, {size}, is left as it is by every rollback"
    return f"{each.where}, {size}, cannot be kept: {each.trouble}" if each.trouble else f"{each.where}, {size}, is kept"
