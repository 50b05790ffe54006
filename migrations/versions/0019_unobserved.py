"""Say of an instance since when no worker can look at it."""

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Add the column; no log before this says so of any instance, so that nothing has to be folded anew."""
    op.execute("ALTER TABLE astrolabe.view_instance ADD COLUMN IF NOT EXISTS unobserved_since timestamptz")
