"""The six types of migration: what the Open Astra document says of each, and what was measured.

Two things make a migration felt: whether it blocks those who read and write while it runs, and whether the old version
can work on its result. The document asks one question; both are answered here.
"""

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

MigrationType: TypeAlias = Literal[
    "add-nullable-column", "add-column-with-default", "add-index", "drop-or-rename", "new-table", "hnsw-rebuild"
]
Blocks: TypeAlias = Literal["nothing", "writes", "everything"]


class Migration(Struct, frozen=True, forbid_unknown_fields=True):
    """A migration that a release brings, as its notes say; what they leave out is taken to be as the document says."""

    type: MigrationType
    """Which of the six types it is."""
    on: Annotated[str, Meta(max_length=100)] = ""
    """The table, for a reader; empty where it is not said."""
    volatile_default: bool = False
    """Whether the default is computed for each row, such as random()."""
    backfill: bool = False
    """Whether existing rows are updated in the same transaction."""
    concurrently: bool = True
    """Whether the index is built CONCURRENTLY."""


class Known(Struct, frozen=True):
    """A row of the table: what the document says, what was measured, and when the two part."""

    type: MigrationType
    title: str
    documented: bool
    """Whether the document calls it zero-downtime."""
    holds: str
    """Under which condition that holds, as measured on PostgreSQL 15 and 18 with a million rows."""


class Judgement(Struct, frozen=True):
    """What a migration does to those who use the instance meanwhile, and why."""

    type: MigrationType
    """Which of the six types it is."""
    documented: bool
    """Whether the document calls the type zero-downtime."""
    blocks: Blocks
    """What it blocks while it runs, as measured."""
    old_code_works: bool
    """Whether the old version works on its result."""
    why: str
    """Why, in a clause."""

    @property
    def zero_downtime(self) -> bool:
        """Return whether nobody would notice it, by measurement."""
        return self.blocks == "nothing" and self.old_code_works


TABLE: dict[MigrationType, Known] = {
    known.type: known
    for known in (
        Known(
            "add-nullable-column", "Add column (nullable)", True, "while existing rows are not updated with it as well"
        ),
        Known(
            "add-column-with-default",
            "Add column (non-null default)",
            True,
            "for a constant default; one computed for each row rewrites the table and blocks everybody",
        ),
        Known("add-index", "Add index", True, "when built CONCURRENTLY; a plain build blocks all writes"),
        Known(
            "drop-or-rename",
            "Drop column / rename",
            False,
            "it takes milliseconds and blocks nobody, but the old version breaks on its result",
        ),
        Known("new-table", "New table", True, "always"),
        Known(
            "hnsw-rebuild",
            "HNSW index rebuild",
            False,
            "a plain rebuild blocks even reads; one CONCURRENTLY blocks nobody and takes longer",
        ),
    )
}
"""The document's table, row by row."""


def judge(migration: Migration) -> Judgement:
    """Return what a migration does, by what was measured."""
    blocks, why = _blocks(migration)
    old_code_works = migration.type != "drop-or-rename"
    if not old_code_works:
        why = f"{why}; the old version breaks on its result"
    return Judgement(migration.type, TABLE[migration.type].documented, blocks, old_code_works, why)


def _blocks(migration: Migration) -> tuple[Blocks, str]:
    if migration.backfill:
        return "everything", "existing rows are updated in the transaction that holds the table's lock"
    match migration.type:
        case "add-column-with-default" if migration.volatile_default:
            return "everything", "a default computed for each row rewrites the table under its lock"
        case "add-index" if not migration.concurrently:
            return "writes", "a plain index build lets nobody write"
        case "hnsw-rebuild" if not migration.concurrently:
            return "everything", "a plain rebuild of an HNSW index lets nobody read or write"
        case "add-index" | "hnsw-rebuild":
            return "nothing", "built beside the readers and writers"
        case _:
            return "nothing", "the catalogue changes in milliseconds"
