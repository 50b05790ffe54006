"""The Merkle tree over the log: hashes and chains of its leaves, roots of its full tiles, and signed checkpoints."""

from alembic import op

revision = "0002"
down_revision = "0001"

# A batch never crosses a multiple of 256, so that a tile is what lies between two of them; hashes do not compress.
TABLES = """
CREATE TABLE astrolabe.tree_batch (
  first bigint PRIMARY KEY CHECK (first >= 0),
  leaves bytea NOT NULL CHECK (octet_length(leaves) % 32 = 0 AND octet_length(leaves) BETWEEN 32 AND 8192),
  chains bytea NOT NULL CHECK (octet_length(chains) = octet_length(leaves)),
  CHECK (first % 256 + octet_length(leaves) / 32 <= 256)
);
CREATE TABLE astrolabe.tree_tile (
  level int NOT NULL CHECK (level > 0),
  index bigint NOT NULL CHECK (index >= 0),
  root bytea NOT NULL CHECK (octet_length(root) = 32),
  PRIMARY KEY (level, index)
);
CREATE TABLE astrolabe.checkpoint (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  size bigint NOT NULL CHECK (size >= 0),
  made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  note text NOT NULL
);
CREATE INDEX checkpoint_size ON astrolabe.checkpoint (size, id);
ALTER TABLE astrolabe.tree_batch ALTER leaves SET STORAGE EXTERNAL, ALTER chains SET STORAGE EXTERNAL;
ALTER TABLE astrolabe.event ADD CONSTRAINT entry_fits_a_leaf CHECK (octet_length(entry) <= 65280) NOT VALID;
"""

APPEND_ONLY = """
DO $$ DECLARE name text; BEGIN
  FOREACH name IN ARRAY ARRAY['tree_batch', 'tree_tile', 'checkpoint'] LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON astrolabe.%I
                    FOR EACH STATEMENT EXECUTE FUNCTION astrolabe.forbid()', name);
    EXECUTE format('ALTER TABLE astrolabe.%I ENABLE ALWAYS TRIGGER append_only', name);
    EXECUTE format('GRANT SELECT, INSERT ON astrolabe.%I TO astrolabe_app', name);
  END LOOP;
END $$
"""


def upgrade() -> None:
    """Make room for the tree."""
    connection = op.get_bind()
    for statement in (*TABLES.split(";\n"), APPEND_ONLY):
        if statement.strip():
            connection.exec_driver_sql(statement)
