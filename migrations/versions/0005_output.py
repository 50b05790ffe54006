"""Long output: kept beside the log under its own hash, and for a while only."""

from alembic import op

revision = "0005"
down_revision = "0002"

OUTPUT = """
CREATE TABLE astrolabe.output (
  sha256 bytea PRIMARY KEY CHECK (octet_length(sha256) = 32),
  content bytea NOT NULL CHECK (octet_length(content) <= 1048576),
  kept_until timestamptz NOT NULL
);
CREATE INDEX output_kept_until ON astrolabe.output (kept_until);
GRANT SELECT, INSERT, UPDATE, DELETE ON astrolabe.output TO astrolabe_app;
"""


def upgrade() -> None:
    """Make the table of outputs; it is no part of the log, which holds their hashes."""
    connection = op.get_bind()
    for statement in OUTPUT.split(";\n"):
        if statement.strip():
            connection.exec_driver_sql(statement)
