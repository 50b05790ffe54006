"""What each instance acts on, so that no second one is let in; a view, kept in the statement of the append."""

from alembic import op

revision = "0011"
down_revision = "0010"

# A log may hold instances that act on the same since before that was refused: of each thing they stay, numbered, and
# only a first one is ever let in.
TABLE = """
CREATE TABLE astrolabe.identity (
  thing text NOT NULL,
  nth int NOT NULL,
  stream_id uuid NOT NULL,
  PRIMARY KEY (thing, nth),
  UNIQUE (stream_id, thing)
)
"""


def upgrade() -> None:
    """Make the table; the rows are folded from the log after every revision."""
    connection = op.get_bind()
    connection.exec_driver_sql(TABLE)
    connection.exec_driver_sql("GRANT SELECT, INSERT, DELETE ON astrolabe.identity TO astrolabe_app")
