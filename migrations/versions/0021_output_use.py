"""Whose an output is: so that it is kept as long as somebody holds that."""

from alembic import op

revision = "0021"
down_revision = "0020"

OUTPUT_USE = """
CREATE TABLE astrolabe.output_use (
  sha256 bytea NOT NULL REFERENCES astrolabe.output ON DELETE CASCADE,
  instance_id uuid NOT NULL,
  upgrade_id text NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (sha256, instance_id, upgrade_id)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON astrolabe.output_use TO astrolabe_app;
"""


def upgrade() -> None:
    """Make the table; of outputs that were kept before nobody knows whose they are."""
    connection = op.get_bind()
    for statement in OUTPUT_USE.split(";\n"):
        if statement.strip():
            connection.exec_driver_sql(statement)
