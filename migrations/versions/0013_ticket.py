"""Say in the rows of upgrades which ticket each was asked for with."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the column; no upgrade of before has a ticket."""
    op.execute("ALTER TABLE astrolabe.view_upgrade ADD COLUMN ticket text")
