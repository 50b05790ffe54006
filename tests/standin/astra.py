"""The packages of the upgrade document, `astra` and `@openastra/cli`, whose real ones cannot be had."""

from pathlib import Path
from typing import Final

from tests.standin import command_line
from tests.standin.releases import Package, Release, package

FIRST: Final = Release(
    "0.9.3",
    {
        "0001-create-items": "CREATE TABLE items (id serial PRIMARY KEY, name text NOT NULL);",
        "0002-create-memories": "CREATE TABLE memories (id serial PRIMARY KEY, embedding vector(3) NOT NULL);"
        " INSERT INTO memories (embedding) SELECT ARRAY[n, n % 7, n % 5]::vector FROM generate_series(1, 200) n;"
        " CREATE INDEX memories_embedding ON memories USING hnsw (embedding vector_l2_ops);",
    },
)
DOCUMENTED: Final = Release(
    "0.9.4",
    {
        "0003-add-nullable-column": "ALTER TABLE items ADD COLUMN note text;",
        "0004-add-column-with-default": "ALTER TABLE items ADD COLUMN state text NOT NULL DEFAULT 'open';",
        "0005-add-index": "CREATE INDEX CONCURRENTLY items_state ON items (state);",
        "0006-new-table": "CREATE TABLE labels (id serial PRIMARY KEY, name text NOT NULL);",
        "0007-hnsw-rebuild": "REINDEX INDEX CONCURRENTLY memories_embedding;",
    },
    FIRST,
)
"""Each migration type of the document but the one that breaks."""

BREAKING: Final = Release("1.0.0", {"0121-drop-note": "ALTER TABLE items DROP COLUMN note;"}, DOCUMENTED)

RELEASES: Final = (FIRST, BREAKING, DOCUMENTED)
"""Every release of the gateway, in the order of publication: the last one is `latest`."""

COMMAND_LINE: Final = ("0.9.3", "0.9.5", "0.9.4")
"""Every release of the command line, the last one `latest`; 0.9.5 says another version."""


def gateway_packages(modules: Path) -> list[Package]:
    """Pack every release of the gateway as `astra`; `modules` is the node_modules folder to bundle."""
    return [package(release, modules, name="astra") for release in RELEASES]


def command_line_package(version: str) -> Package:
    """Pack a release of the command line: a program that says its version and knows nothing else."""
    says = "0.9.4" if version == "0.9.5" else version
    script = f"#!/usr/bin/env node\nconsole.log({says!r});\n"
    return command_line.package("@openastra/cli", "astra", version, script)
