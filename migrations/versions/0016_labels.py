"""Say in the rows of instances which labels each has."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the column and its index; no instance of before has a label."""
    op.execute("ALTER TABLE astrolabe.view_instance ADD COLUMN labels jsonb NOT NULL DEFAULT '{}'")
    op.execute("CREATE INDEX view_instance_labels ON astrolabe.view_instance USING gin (labels jsonb_path_ops)")
