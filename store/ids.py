"""Ids: UUIDv7, so that neighbours in time are neighbours in an index (RFC 9562, 5.7)."""

import uuid

import uuid_utils

NAMESPACE = uuid.UUID("5b2ad7d4-7a0c-5f6a-9d7e-6d1a3a2f7c11")


def new_id() -> str:
    """Make a new id that sorts after those made before it."""
    return str(uuid_utils.uuid7())


def named_id(*parts: str) -> str:
    """Return the one id that belongs to these words (UUIDv5)."""
    return str(uuid.uuid5(NAMESPACE, "\x1f".join(parts)))
