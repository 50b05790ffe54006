"""The schema of the log's own database, as Alembic revisions."""
