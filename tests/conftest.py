"""Fixtures that every test may ask for."""

from hypothesis import settings

from tests.databases import database_url, maintenance, template_database
from tests.servers import postgres_server, servers_folder, valkey_server
from tests.standin.fixtures import standin_modules, standin_registry

__all__ = [
    "database_url",
    "maintenance",
    "postgres_server",
    "servers_folder",
    "standin_modules",
    "standin_registry",
    "template_database",
    "valkey_server",
]

# How long an example takes is the machine's business: nothing here is timed.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
