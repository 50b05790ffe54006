"""How requests are read and answered: authentication, bodies, idempotency, problems."""
