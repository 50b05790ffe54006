"""Alembic's environment: it is handed an open connection, so it never reads a configuration of its own."""

from alembic import context
from sqlalchemy import Connection


def run(connection: Connection) -> None:
    """Run the revisions on the connection that the caller opened."""
    context.configure(connection=connection, version_table="schema_version", version_table_schema="public")
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
