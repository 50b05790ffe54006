"""What an instance acts on: two instances that name the same thing must never act at once."""

from typing import Final

from astrolabe.domain.instances.instance import DatabaseConfig, InstanceConfig

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def acted_on(config: InstanceConfig) -> tuple[str, ...]:
    """Return what an instance acts on, sorted: its port, its database, its service, or its prefix.

    Each is a line such as `database web-1 5432 unleash`; whoever acts on the same has the same line, by whatever name
    of the loopback it is reached.
    """
    found: list[str] = []
    if config.port is not None:
        found.append(f"port {config.host} {config.port}")
    if config.database is not None:
        found.append(_database(config, config.database))
    if (project := config.compose) is not None:
        found.append(f"service {project.engine or config.host} {project.name} {project.service}")
    if config.kind == "cli":
        found.append(f"prefix {config.host} {config.prefix or 'of the user'} {config.product}")
    return tuple(sorted(found))


def _database(config: InstanceConfig, database: DatabaseConfig) -> str:
    if (project := config.compose) is not None and project.database_service is not None:
        server = f"{project.engine or config.host} {project.name} {project.database_service}"
        return f"database {server} {database.name}"
    here = database.host in LOOPBACK or database.host.startswith("/")
    return f"database {config.host if here else database.host} {database.port} {database.name}"
