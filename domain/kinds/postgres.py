"""The commands and statements on an instance's database, shared by every kind that has one."""

from msgspec import Struct

from astrolabe.domain.instances.instance import DatabaseConfig
from astrolabe.domain.plans.plan import PlannedCommand


class DatabaseFacts(Struct, frozen=True, kw_only=True):
    """What a worker knows of the database; each default says what is not known yet as a person would write it."""

    pg_dump: str = "pg_dump"
    where: DatabaseConfig | None = None
    """Where the server is reached now; None as the instance's owner registered it."""
    dump: str = "$ASTROLABE_DATA/backups/INSTANCE/UPGRADE.dump"
    attempt: str = "UPGRADE"
    """What the copies' names end with."""


def plan_dump(database: DatabaseConfig, facts: DatabaseFacts) -> PlannedCommand:
    """Plan the backup."""
    return PlannedCommand("backup", dump(facts.pg_dump, facts.where or database, facts.dump))


def plan_copy(database: DatabaseConfig, leg: int, facts: DatabaseFacts) -> PlannedCommand:
    """Plan the copy from before a leg, as psql would make it."""
    copy = beside(database.name, of_leg("before", leg), facts.attempt)
    return PlannedCommand("migrate", psql("psql", facts.where or database, copy_statement(database.name, copy)))


def beside(name: str, which: str, attempt: str) -> str:
    """Name a database beside the instance's own."""
    return f"{name}_{which}_{attempt}"


def of_leg(which: str, leg: int) -> str:
    """Distinguish what each leg of an upgrade leaves behind; the first needs no number."""
    return f"{which}{leg + 1}" if leg else which


def reach(database: DatabaseConfig) -> tuple[str, ...]:
    """Say where the server is and who asks; the password travels in the environment."""
    return ("--host", database.host, "--port", str(database.port), "--username", database.user, "--no-password")


def dump(pg_dump: str, database: DatabaseConfig, path: str, compress: str = "zstd:1") -> tuple[str, ...]:
    """Dump the database into one archive while it serves."""
    options = ("--format=custom", f"--compress={compress}", "--file", path)
    return (pg_dump, *reach(database), *options, "--dbname", database.name)


def list_dump(pg_restore: str, path: str) -> tuple[str, ...]:
    """List what an archive holds, which proves that it can be read."""
    return (pg_restore, "--list", path)


def psql(program: str, database: DatabaseConfig, statement: str) -> tuple[str, ...]:
    """Run one statement from the maintenance database."""
    return (program, *reach(database), "--dbname", database.maintained_from, "--command", statement)


def quote(name: str) -> str:
    """Quote an identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a string as a standard literal."""
    return "'" + text.replace("'", "''") + "'"


def refresh_collation_statement(name: str) -> str:
    """Record the collation version that the server provides now, once what was ordered by the old one is rebuilt."""
    return f"ALTER DATABASE {quote(name)} REFRESH COLLATION VERSION"


def finish_statements(transaction: str) -> tuple[str, str]:
    """Undo a prepared transaction, or keep what it wrote; either is run in the database that it was prepared in."""
    return f"ROLLBACK PREPARED {literal(transaction)}", f"COMMIT PREPARED {literal(transaction)}"


def terminate_statement(pid: int) -> str:
    """End a session."""
    return f"SELECT pg_terminate_backend({pid})"


def copy_statement(source: str, copy: str, *, file_copy: bool = False) -> str:
    """Copy a database that nobody is connected to; `file_copy` needs PostgreSQL 15 and copies a large one fastest."""
    strategy = " STRATEGY FILE_COPY" if file_copy else ""
    return f"CREATE DATABASE {quote(copy)} TEMPLATE {quote(source)}{strategy}"


def rename_statement(old: str, new: str) -> str:
    """Rename a database that nobody is connected to; two of these may share a transaction."""
    return f"ALTER DATABASE {quote(old)} RENAME TO {quote(new)}"


def allow_statement(name: str, *, allow: bool) -> str:
    """Let a database take connections, or none."""
    return f"ALTER DATABASE {quote(name)} ALLOW_CONNECTIONS {str(allow).lower()}"


def evidence_statements(name: str) -> tuple[str, ...]:
    """Open a database kept aside to readers, so that it can be looked into and stays as it is."""
    read_only = f"ALTER DATABASE {quote(name)} SET default_transaction_read_only TO on"
    return (read_only, allow_statement(name, allow=True))


def drop_statement(name: str) -> str:
    """Drop a database and end whatever is connected to it."""
    return f"DROP DATABASE IF EXISTS {quote(name)} WITH (FORCE)"
