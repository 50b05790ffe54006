"""Fixtures that every test may ask for."""

from tests.services import postgres_server, servers_folder, valkey_server

__all__ = ["postgres_server", "servers_folder", "valkey_server"]
