"""A rollback point: what takes an instance back, and what is kept aside for a while."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from domain.plan import Artifact


class Dump(Struct, frozen=True):
    """A dump file proven readable; sizes in bytes."""

    path: str
    sha256: str
    size: int
    tables: int
    tool: str


class DatabaseCopy(Struct, frozen=True):
    """A copy of the stopped instance's database beside it; size in bytes."""

    database: str
    size: int


class Writes(Struct, frozen=True):
    """Rows inserted, updated or deleted, by table; `total` is None where the counters were lost (a server crash)."""

    total: int | None
    tables: dict[str, int] = {}


class RollbackPoint(Struct, frozen=True):
    """What takes an instance back: the old artifact, the copy of its database, and the dump."""

    upgrade_id: str
    artifact: Artifact
    dump: Dump | None
    copy: DatabaseCopy | None
    counters: Writes
    taken_at: datetime


class Kept(Struct, frozen=True):
    """A database or a dump that is kept aside until its retention ends."""

    what: Literal["database", "dump"]
    name: str
    why: str
    upgrade_id: str
    until: datetime
