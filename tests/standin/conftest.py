from tests.services import postgres_server, servers_folder
from tests.standin.fixtures import standin_modules, standin_registry

__all__ = ["postgres_server", "servers_folder", "standin_modules", "standin_registry"]
