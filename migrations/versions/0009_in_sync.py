"""Rename the column that says whether what was seen is what the log believes."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Rename the column; the rows stay."""
    op.execute("ALTER TABLE astrolabe.view_instance RENAME COLUMN as_believed TO in_sync")
