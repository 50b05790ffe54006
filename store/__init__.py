"""The only access to PostgreSQL: the log, its sequence, its views, and leases."""
