"""Names among what is an instance's alone, so that one can be changed, and given anew."""

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Change no table: the rows of identities are folded from the log after every revision, now with the names."""
