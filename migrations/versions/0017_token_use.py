"""When each token was last used: kept beside the log."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Make the table; it is no part of the log."""
    op.execute("CREATE TABLE astrolabe.token_use (token_id uuid PRIMARY KEY, used_at timestamptz NOT NULL)")
    op.execute("GRANT SELECT, INSERT, UPDATE ON astrolabe.token_use TO astrolabe_app")
