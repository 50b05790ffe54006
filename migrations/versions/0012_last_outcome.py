"""Say of an instance how its last upgrade ended."""

from alembic import op

revision = "0012"
down_revision = "0011"

# What the rows of upgrades say already, so that nothing has to be folded anew: of those that have ended, the last one
# that was changed; one that awaits a way back, or a person, has not ended.
FILL = """
UPDATE astrolabe.view_instance AS i SET last_outcome = (
  SELECT u.status FROM astrolabe.view_upgrade AS u WHERE u.instance_id = i.instance_id AND u.status IN
    ('succeeded', 'refused', 'rejected', 'expired', 'failed', 'cancelled', 'rolled_back', 'unwell')
  ORDER BY u.updated_at DESC LIMIT 1
)
"""


def upgrade() -> None:
    """Add the column, and fill it from the rows of upgrades."""
    op.execute("ALTER TABLE astrolabe.view_instance ADD COLUMN last_outcome text")
    op.execute(FILL)
