"""Fixtures that every test may ask for."""

from tests.databases import database_url, template_database
from tests.services import postgres_server, servers_folder, valkey_server
from tests.standin.fixtures import standin_modules, standin_registry

__all__ = [
    "database_url",
    "postgres_server",
    "servers_folder",
    "standin_modules",
    "standin_registry",
    "template_database",
    "valkey_server",
]
