"""The commands and statements on an instance's database, shared by every kind that has one."""

from astrolabe.domain.instances.instance import DatabaseConfig


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
    return (program, *reach(database), "--dbname", database.maintenance, "--command", statement)


def quote(name: str) -> str:
    """Quote an identifier."""
    return '"' + name.replace('"', '""') + '"'


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
