"""Webhooks: what is to be delivered where, and every attempt; not the log, and not append-only."""

from alembic import op

revision = "0008"
down_revision = "0007"

# IF NOT EXISTS: this was a revision in the middle once, so a log may have these tables, or may have passed by.

TABLES = """
CREATE TABLE IF NOT EXISTS astrolabe.webhook_delivery (
  endpoint_id uuid NOT NULL,
  event_id uuid NOT NULL,                        -- the message's id, and the event's where it tells of one
  type text NOT NULL,
  instance_id uuid,
  position bigint,                               -- the body is made from the log anew; a ping has none
  occurred_at timestamptz NOT NULL,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
  due_at timestamptz NOT NULL DEFAULT now(),     -- taking one puts it off, so what a dead relay took comes back
  fence bigint NOT NULL DEFAULT 0,
  tries int NOT NULL DEFAULT 0,                  -- since it was last asked for
  attempts int NOT NULL DEFAULT 0,
  finished_at timestamptz,
  PRIMARY KEY (endpoint_id, event_id)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
CREATE INDEX IF NOT EXISTS webhook_delivery_due ON astrolabe.webhook_delivery (endpoint_id, due_at, position)
  WHERE state = 'pending';
CREATE INDEX IF NOT EXISTS webhook_delivery_order ON astrolabe.webhook_delivery (endpoint_id, instance_id, position)
  WHERE state = 'pending';
CREATE INDEX IF NOT EXISTS webhook_delivery_failed ON astrolabe.webhook_delivery (endpoint_id) WHERE state = 'failed';
CREATE INDEX IF NOT EXISTS webhook_delivery_finished ON astrolabe.webhook_delivery (finished_at)
  WHERE finished_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS astrolabe.webhook_attempt (
  endpoint_id uuid NOT NULL,
  event_id uuid NOT NULL,
  number int NOT NULL,
  at timestamptz NOT NULL,
  status int,
  latency_ms int NOT NULL,
  said text NOT NULL,
  PRIMARY KEY (endpoint_id, event_id, number),
  FOREIGN KEY (endpoint_id, event_id) REFERENCES astrolabe.webhook_delivery ON DELETE CASCADE
);
CREATE TABLE IF NOT EXISTS astrolabe.webhook_failing (
  endpoint_id uuid PRIMARY KEY,
  since timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE, DELETE
  ON astrolabe.webhook_delivery, astrolabe.webhook_attempt, astrolabe.webhook_failing TO astrolabe_app;
"""


def upgrade() -> None:
    """Make the tables of webhooks."""
    connection = op.get_bind()
    # A prepared statement is one statement, and asyncpg prepares them all.
    for statement in TABLES.split(";\n"):
        if statement.strip():
            connection.exec_driver_sql(statement)
