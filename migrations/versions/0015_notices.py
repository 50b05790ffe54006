"""Notices: what is to be sent to which contact, and when; not the log, and not append-only."""

from alembic import op

revision = "0015"
down_revision = "0014"

TABLES = """
CREATE TABLE astrolabe.notice (
  contact_id uuid NOT NULL,
  event_id uuid NOT NULL,
  occasion text NOT NULL,
  instance_id uuid,                              -- a trial is about none
  position bigint NOT NULL,                      -- what is sent is made from the log anew
  occurred_at timestamptz NOT NULL,
  urgent boolean NOT NULL DEFAULT false,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
  due_at timestamptz NOT NULL,                   -- taking one puts it off, so what a dead relay took comes back
  fence bigint NOT NULL DEFAULT 0,
  attempts int NOT NULL DEFAULT 0,
  said text NOT NULL DEFAULT '',                 -- why the last attempt failed; never a part of the contact's URL
  finished_at timestamptz,
  PRIMARY KEY (contact_id, event_id)
);
CREATE INDEX notice_due ON astrolabe.notice (due_at) WHERE state = 'pending';
CREATE INDEX notice_finished ON astrolabe.notice (finished_at) WHERE finished_at IS NOT NULL;
GRANT SELECT, INSERT, UPDATE, DELETE ON astrolabe.notice TO astrolabe_app;
-- Nobody could be notified of what is in the log already.
INSERT INTO astrolabe.subscription (name, position) SELECT 'notices', tree_size - 1 FROM astrolabe.log_head
  ON CONFLICT (name) DO NOTHING;
"""


def upgrade() -> None:
    """Make the table of notices."""
    connection = op.get_bind()
    # A prepared statement is one statement, and asyncpg prepares them all.
    for statement in TABLES.split(";\n"):
        if statement.strip():
            connection.exec_driver_sql(statement)
