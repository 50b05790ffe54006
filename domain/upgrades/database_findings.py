"""Database findings: what preflight saw of an instance's database and of the disks, and the checks they make."""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from astrolabe.domain.plans.plan import Check
from astrolabe.domain.upgrades.database_obstacles import DatabaseObstacles, obstacle_checks

HEADROOM = 1.1
"""How much more room than the database's size a copy of it may take."""


class DiskCapacity(Struct, frozen=True):
    """What is to be written to a folder, and how much is free there, in bytes.

    The folder is None where the server does not say it, `free` where its disk cannot be seen from the worker's host.
    """

    what: Literal["dump", "copy"]
    folder: str | None
    size: int
    free: int | None


class DatabaseFindings(Struct, frozen=True):
    """What the server said of the database, and which programs and disks there are for it; versions are major ones."""

    name: str
    owned: bool
    may_create: bool
    unsettable: str | None
    """Why a copy cannot be given the database's properties; None where it can, or where the role does not own it."""
    maintained_from: str
    """The database that is connected to while the instance's own is copied and renamed."""
    server: int
    pg_dump: int
    disks: tuple[DiskCapacity, ...]
    migrations_table: str | None
    """Where the product keeps its migration history; None where Astrolabe does not know."""
    history: tuple[str, ...] | None
    """The migrations that were applied, in order; None where there is no such table."""
    obstacles: DatabaseObstacles


def database_checks(found: DatabaseFindings) -> Iterator[Check]:
    """Check rights, properties, programs, room for the dump and the copies, and the migration history."""
    yield Check(
        "rights",
        found.owned and found.may_create,
        f"owns {found.name}: {found.owned}; may create databases: {found.may_create}",
    )
    yield Check(
        "settings", found.unsettable is None, f"a copy can be set as {found.name} is: {found.unsettable or True}"
    )
    yield Check("maintenance", True, f"copied and renamed from the database {found.maintained_from}")
    yield Check("tools", found.pg_dump >= found.server, f"pg_dump {found.pg_dump}, server {found.server}")
    yield from obstacle_checks(found.obstacles)
    yield from map(_disk, found.disks)
    yield _history(found)


def _disk(disk: DiskCapacity) -> Check:
    if disk.folder is None:
        return Check("disk", True, f"{disk.what}: the server names no folder")
    if disk.free is None:
        seen = f"{disk.what}: {disk.size:,} bytes needed; the server's disk cannot be seen from here"
        return Check("disk", True, seen)
    needed = int(disk.size * HEADROOM)
    seen = f"{disk.what}: {needed:,} bytes needed in {disk.folder}, {disk.free:,} free"
    return Check("disk", disk.free >= needed, seen)


def _history(found: DatabaseFindings) -> Check:
    if found.migrations_table is None:
        return Check("migrations", True, "the product keeps no migration history that Astrolabe knows of")
    if found.history is None:
        return Check("migrations", False, f"there is no table {found.migrations_table} in {found.name}")
    last = found.history[-1] if found.history else "none"
    return Check("migrations", True, f"{len(found.history)} applied, the last {last}")
