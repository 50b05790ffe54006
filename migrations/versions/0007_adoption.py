"""Adoption: an instance whose version is not known yet, and whether what runs is what the log believes."""

from alembic import op

revision = "0007"
down_revision = "0005"


def upgrade() -> None:
    """Let the list of instances say so."""
    connection = op.get_bind()
    connection.exec_driver_sql("ALTER TABLE astrolabe.view_instance ALTER COLUMN version DROP NOT NULL")
    connection.exec_driver_sql("ALTER TABLE astrolabe.view_instance ADD COLUMN as_believed boolean")
