"""The log: events that only grow in number, their order, leases, and the views folded from them."""

from alembic import op

revision = "0001"
down_revision = None

# Roles belong to the cluster, where another database may be migrated at this moment: hence the retries.
# Whoever made the role may act as it only once it was granted; a superuser may act as anybody.
ROLE = """
DO $$ BEGIN
  FOR attempt IN 1..100 LOOP
    BEGIN
      IF to_regrole('astrolabe_app') IS NULL THEN
        CREATE ROLE astrolabe_app NOLOGIN;
      END IF;
      IF NOT pg_has_role(current_user, 'astrolabe_app', 'MEMBER')
         OR current_setting('server_version_num')::int >= 160000 AND NOT pg_has_role('astrolabe_app', 'SET') THEN
        EXECUTE format('GRANT astrolabe_app TO %I', current_user);
      END IF;
      RETURN;
    EXCEPTION WHEN duplicate_object OR unique_violation OR internal_error THEN
      PERFORM pg_sleep(0.01);
    END;
  END LOOP;
  RAISE EXCEPTION 'the role astrolabe_app could not be made: too many others are at it';
END $$
"""

TABLES = """
CREATE SCHEMA astrolabe;
CREATE TABLE astrolabe.event (
  ingest_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,  -- has gaps and commits late: never a cursor
  stream_id uuid NOT NULL,
  version int NOT NULL CHECK (version > 0),
  event_id uuid NOT NULL,
  type text NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  entry text NOT NULL CHECK (octet_length(entry) <= 65535),   -- the exact bytes; text, for jsonb would rewrite them
  UNIQUE (stream_id, version)
);
CREATE UNIQUE INDEX event_upgrade ON astrolabe.event (event_id) WHERE type = 'upgrade_requested';
CREATE TABLE astrolabe.command (
  command_id uuid PRIMARY KEY,
  request_hash bytea NOT NULL,
  stream_id uuid NOT NULL,
  answer text NOT NULL
);
CREATE TABLE astrolabe.unsequenced (ingest_id bigint NOT NULL)
  WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
CREATE TABLE astrolabe.log (
  position bigint PRIMARY KEY,
  ingest_id bigint NOT NULL UNIQUE REFERENCES astrolabe.event
);
CREATE TABLE astrolabe.log_head (id int PRIMARY KEY CHECK (id = 1), tree_size bigint NOT NULL);
INSERT INTO astrolabe.log_head VALUES (1, 0);
CREATE TABLE astrolabe.lease (
  resource uuid PRIMARY KEY,
  fence bigint NOT NULL,
  holder text NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE TABLE astrolabe.subscription (name text PRIMARY KEY, position bigint NOT NULL);
"""

# ENABLE ALWAYS: the trigger holds for session_replication_role = replica too, and for the owner.
FORBID = """
CREATE FUNCTION astrolabe.forbid() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION 'append-only: % on % is forbidden', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$
"""
APPEND_ONLY = """
DO $$ DECLARE name text; BEGIN
  FOREACH name IN ARRAY ARRAY['event', 'command', 'log'] LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON astrolabe.%I
                    FOR EACH STATEMENT EXECUTE FUNCTION astrolabe.forbid()', name);
    EXECUTE format('ALTER TABLE astrolabe.%I ENABLE ALWAYS TRIGGER append_only', name);
  END LOOP;
END $$
"""

# ORDER BY ingest_id keeps cause before effect: an event that was read has the smaller number, and is visible.
SEQUENCE = """
CREATE FUNCTION astrolabe.sequence(batch int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = astrolabe, pg_temp AS $$
DECLARE first bigint; placed int;
BEGIN
  IF NOT EXISTS (SELECT FROM unsequenced) THEN RETURN 0; END IF;
  SELECT tree_size INTO first FROM log_head WHERE id = 1 FOR UPDATE;
  WITH waiting AS (SELECT ctid, ingest_id FROM unsequenced ORDER BY ingest_id LIMIT batch),
       taken AS (DELETE FROM unsequenced u USING waiting w WHERE u.ctid = w.ctid RETURNING w.ingest_id)
  INSERT INTO log (position, ingest_id)
  SELECT first - 1 + row_number() OVER (ORDER BY ingest_id), ingest_id FROM taken;
  GET DIAGNOSTICS placed = ROW_COUNT;
  IF placed > 0 THEN
    UPDATE log_head SET tree_size = first + placed WHERE id = 1;
    PERFORM pg_notify('astrolabe_log', (first + placed - 1)::text);
  END IF;
  RETURN placed;
END $$
"""

VIEWS = """
CREATE TABLE astrolabe.view_instance (
  instance_id uuid PRIMARY KEY, name text NOT NULL, product text NOT NULL, kind text NOT NULL, host text NOT NULL,
  version text NOT NULL, status text NOT NULL, upgrade_id uuid, due text, due_at timestamptz,
  stream_version int NOT NULL, updated_at timestamptz NOT NULL
);
CREATE INDEX view_instance_due ON astrolabe.view_instance (updated_at) WHERE due IS NOT NULL;
CREATE INDEX view_instance_due_at ON astrolabe.view_instance (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE astrolabe.view_upgrade (
  upgrade_id uuid PRIMARY KEY, instance_id uuid NOT NULL, from_version text NOT NULL, target text NOT NULL,
  to_version text, status text NOT NULL, attempt int NOT NULL, actor text NOT NULL, reason text NOT NULL,
  requested_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, downtime_ms bigint,
  problem_code text, problem_detail text, stream_version int NOT NULL
);
CREATE INDEX view_upgrade_instance ON astrolabe.view_upgrade (instance_id, upgrade_id);
"""

GRANTS = """
REVOKE ALL ON FUNCTION astrolabe.sequence(int) FROM PUBLIC;
GRANT USAGE ON SCHEMA astrolabe TO astrolabe_app;
GRANT SELECT ON ALL TABLES IN SCHEMA astrolabe TO astrolabe_app;
GRANT INSERT ON astrolabe.event, astrolabe.command, astrolabe.unsequenced TO astrolabe_app;
GRANT INSERT, UPDATE ON astrolabe.lease, astrolabe.subscription TO astrolabe_app;
GRANT INSERT, UPDATE, DELETE ON astrolabe.view_instance, astrolabe.view_upgrade TO astrolabe_app;
GRANT EXECUTE ON FUNCTION astrolabe.sequence(int) TO astrolabe_app;
"""


def _each(statements: str) -> list[str]:
    # A prepared statement is one statement, and asyncpg prepares them all.
    return [statement for statement in statements.split(";\n") if statement.strip()]


def upgrade() -> None:
    """Make the log."""
    connection = op.get_bind()
    for statement in (ROLE, *_each(TABLES), FORBID, APPEND_ONLY, SEQUENCE, *_each(VIEWS), *_each(GRANTS)):
        connection.exec_driver_sql(statement)
