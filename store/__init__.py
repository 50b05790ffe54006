"""The only door to PostgreSQL: the log, its sequence, its views, and leases."""
