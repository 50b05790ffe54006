"""Writes docs/migrations.md from the code: `python -m tests.domain.migration_page`."""

from pathlib import Path

from astrolabe.domain.products.migration_type import TABLE, Migration, judge

PAGE = Path(__file__).parents[2] / "docs" / "migrations.md"

INTRODUCTION = """\
# Migration types

Written from the code by `python -m tests.domain.migration_page`; a test compares the two.

The Open Astra document has a table of six migration types and calls four of them zero-downtime. Measured on
PostgreSQL 15 and 18 with a million rows and 20,000 vectors, that holds under conditions. Two things make a migration
felt: whether it blocks those who read and write while it runs, and whether the old version works on its result. A
release's notes name its migrations by type, with what is special about them; the plan of an upgrade shows both answers.
Astrolabe stops the instance in any case, so that the copy it can go back to loses nothing.

| type | the document says | holds | blocks | the old version works on it |
|---|---|---|---|---|
"""

SPECIAL = """
| what the notes may add | then it blocks |
|---|---|
"""

CASES = (
    (
        "`volatile_default`: the default is computed for each row",
        Migration("add-column-with-default", volatile_default=True),
    ),
    ("`backfill`: rows are updated in the same transaction", Migration("add-nullable-column", backfill=True)),
    ("`concurrently = false` on an index", Migration("add-index", concurrently=False)),
    ("`concurrently = false` on an HNSW rebuild", Migration("hnsw-rebuild", concurrently=False)),
)


def page() -> str:
    """Write the whole page."""
    rows = ""
    for known in TABLE.values():
        found = judge(Migration(known.type))
        says = "zero-downtime" if known.documented else "not zero-downtime"
        works = "yes" if found.old_code_works else "no"
        rows += f"| `{known.type}`: {known.title} | {says} | {known.holds} | {found.blocks} | {works} |\n"
    special = "".join(f"| {what} | {judge(case).blocks}: {judge(case).why} |\n" for what, case in CASES)
    return INTRODUCTION + rows + SPECIAL + special


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
