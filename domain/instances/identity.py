"""What an instance acts on, its identity: no two instances may name the same thing, and never act on it at once."""

from typing import Final

from astrolabe.domain.instances.instance import DatabaseConfig, InstanceConfig

_NAME: Final = "name "

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
        prefix = config.prefix.rstrip("/") if config.prefix else "of the user"
        found.append(f"prefix {config.host} {prefix} {config.product}")
    return tuple(sorted(found))


def _database(config: InstanceConfig, database: DatabaseConfig) -> str:
    if (project := config.compose) is not None and project.database_service is not None:
        server = f"{project.engine or config.host} {project.name} {project.database_service}"
        return f"database {server} {database.name}"
    here = database.host in LOOPBACK or database.host.startswith("/")
    server = config.host if here else database.host.lower().rstrip(".")
    return f"database {server} {database.port} {database.name}"


def named(name: str) -> str:
    """Return the line of a name, which one instance has at a time."""
    return f"{_NAME}{name}"


def name_in(line: str) -> str | None:
    """Return the name that a line is about; None where it is about something that is acted on."""
    return line.removeprefix(_NAME) if line.startswith(_NAME) else None


def in_words(line: str) -> str:
    """Say what a line of `acted_on` is, for a person."""
    match line.split(" "):
        case ["port", host, port]:
            return f"port {port} of host {host}"
        case ["database", engine, project, service, name]:
            return f"database {name} of service {service} in project {project} on {engine}"
        case ["database", server, port, name]:
            return f"database {name} at {server}:{port}"
        case ["service", engine, project, service]:
            return f"service {service} of project {project} on {engine}"
        case ["prefix", host, *prefix, product]:
            return f"{product} in the prefix {' '.join(prefix)} on host {host}"
        case _:
            return line
