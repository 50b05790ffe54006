"""A rollback point: what takes an instance back, and what is kept aside for a while."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from astrolabe.domain.plans.plan import Artifact

NAMED = 200
"""How many tables an event counts by name."""
OTHERS = "all other tables"


class Dump(Struct, frozen=True):
    """A dump file proven readable; sizes in bytes."""

    path: str
    """Its file on the worker's host, absolute."""
    sha256: str
    """The SHA-256 of the file, in hexadecimal."""
    size: int
    """The file's size in bytes."""
    tables: int
    """How many tables it holds."""
    tool: str
    """The program that wrote it, with its version."""


class DatabaseCopy(Struct, frozen=True):
    """A copy of the stopped instance's database beside it; size in bytes."""

    database: str
    """The copy's name, on the same server."""
    size: int
    """Its size in bytes."""


class FilesCopy(Struct, frozen=True):
    """A copy of the folders beside the database that belong to a rollback point; size in bytes."""

    manifest: str
    """The file on the worker's host that says what the copy holds, absolute."""
    sha256: str
    """The SHA-256 of that file, in hexadecimal; it names the SHA-256 of each file that was copied."""
    files: int
    """How many files it holds."""
    size: int
    """How many bytes these have."""
    folders: tuple[str, ...]
    """The folders on the host that were copied."""


class Writes(Struct, frozen=True, omit_defaults=True):
    """Rows inserted, updated or deleted, by table; `total` is None where nobody knows."""

    total: int | None
    """How many rows in all; null where nobody knows, which is not 0."""
    tables: dict[str, int] = {}
    """How many rows by table, as SCHEMA.TABLE; of very many tables the most written by name, the others together."""
    epoch: str | None = None
    """Since when the server counts: two counts of one epoch can be compared, and no others; null where no server was
    asked."""

    def bounded(self) -> "Writes":
        """Return them as an event may hold them: of very many tables the most written by name, the others as one."""
        ranked = sorted(self.tables.items(), key=lambda each: (-each[1], each[0]))
        others = {OTHERS: sum(count for _, count in ranked[NAMED:])} if ranked[NAMED:] else {}
        return Writes(self.total, dict(ranked[:NAMED]) | others, self.epoch)

    def since(self, before: "Writes", without: str | None) -> "Writes":
        """Count what was written since an earlier count, leaving a table out; unknown where a counter began anew."""
        if self.epoch != before.epoch:
            return Writes(None)
        now = self.tables
        if OTHERS in before.tables:
            named = {name: count for name, count in now.items() if name in before.tables}
            now = named | {OTHERS: sum(now.values()) - sum(named.values())}
        grown = {name: count - before.tables.get(name, 0) for name, count in now.items() if name != without}
        if any(count < 0 for count in grown.values()) or not set(before.tables) <= set(now):
            return Writes(None)
        return Writes(sum(grown.values()), {name: count for name, count in grown.items() if count})


class RollbackPoint(Struct, frozen=True):
    """What takes an instance back: the old artifact, the copy of its database, and the dump."""

    upgrade_id: str
    """The upgrade that left it."""
    artifact: Artifact
    """The old version."""
    dump: Dump | None
    """The dump that was made while the old version served; null where the instance has no database, or it is gone."""
    copy: DatabaseCopy | None
    """The copy of the stopped database, which loses nothing; null where the instance has no database."""
    counters: Writes
    """What the database's own counters said when the new version was verified."""
    taken_at: datetime
    """When the new version was verified."""
    successor: Artifact
    """The version that the upgrade ended on, which goes on where a way back is called off."""
    files: FilesCopy | None = None
    """The copy of the stopped instance's folders beside the database; null where none of them is kept."""


class Kept(Struct, frozen=True):
    """A database, a dump or a copy of files that is kept aside until its retention ends."""

    what: Literal["database", "dump", "files"]
    """What it is."""
    name: str
    """The database's name, or the path on the host of the dump or of the copy's manifest."""
    why: str
    """Why it is kept."""
    upgrade_id: str
    """The upgrade that left it."""
    until: datetime
    """When it may be discarded."""
