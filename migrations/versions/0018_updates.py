"""Notices that are of no event, such as of an update that is known, are written when they are noted."""

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Let a notice be without a position, and hold what is sent."""
    connection = op.get_bind()
    connection.exec_driver_sql(
        "ALTER TABLE astrolabe.notice ALTER COLUMN position DROP NOT NULL, ADD COLUMN written text"
    )
