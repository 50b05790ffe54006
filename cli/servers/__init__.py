"""PostgreSQL and Valkey on this machine, for whoever does not bring them."""
