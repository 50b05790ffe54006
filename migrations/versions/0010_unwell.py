"""Say of an upgrade whether the new version was found unwell after cutover."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the column; no upgrade of before there was a cutover was unwell after it."""
    op.execute("ALTER TABLE astrolabe.view_upgrade ADD COLUMN unwell boolean NOT NULL DEFAULT false")
