"""How far a step is: kept beside the log, and forgotten."""

from alembic import op

revision = "0014"
down_revision = "0013"

# Unlogged, for nothing of it is needed after a crash; one row an instance, so that it never grows.
PROGRESS = """
CREATE UNLOGGED TABLE astrolabe.progress (
  instance_id uuid PRIMARY KEY,
  upgrade_id uuid NOT NULL,
  attempt integer NOT NULL,
  step text NOT NULL,
  message text NOT NULL,
  done bigint,
  total bigint,
  unit text,
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);
GRANT SELECT, INSERT, UPDATE, DELETE ON astrolabe.progress TO astrolabe_app;
"""


def upgrade() -> None:
    """Make the table of progress; it is no part of the log, and no backup of it is needed."""
    connection = op.get_bind()
    for statement in PROGRESS.split(";\n"):
        if statement.strip():
            connection.exec_driver_sql(statement)
