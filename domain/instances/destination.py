"""Destinations: where an instance's configuration lets its secrets go."""

from ipaddress import ip_address

from msgspec import Struct
from typing_extensions import override

from astrolabe.domain.instances.instance import InstanceConfig


class Destination(Struct, frozen=True):
    """A server that is given a secret, or proof of it; `host` is in lower case and without brackets."""

    host: str
    port: int | None = None
    """Its port; None where nothing says."""

    @property
    def is_here(self) -> bool:
        """Return whether it is this very host: the loopback, or a socket."""
        if self.host.startswith("/") or self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    @override
    def __str__(self) -> str:
        """Write it as a grant does."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"


def of_password(config: InstanceConfig) -> tuple[Destination, ...]:
    """Return where the database's password goes; a database in the project goes where the project's engine is."""
    database, project = config.database, config.compose
    within = project is not None and project.database_service is not None
    server = () if database is None or within else (Destination(_host(database.host), database.port),)
    return (*server, *of_settings(config))


def of_settings(config: InstanceConfig) -> tuple[Destination, ...]:
    """Return where secret settings go: to the gateway on this host, unless its project is on another host's engine."""
    engine = config.compose.engine if config.compose else None
    if engine is None or engine.startswith("unix://"):
        return ()
    place = engine.partition("://")[2].partition("/")[0].rpartition("@")[2]
    host, _, port = place.rpartition(":") if place.rpartition(":")[2].isdigit() else (place, "", "")
    return (Destination(_host(host), int(port) if port else None),)


def stays_here(config: InstanceConfig) -> bool:
    """Return whether the database's password leaves this host for nobody."""
    return all(each.is_here for each in of_password(config))


def _host(text: str) -> str:
    return text if text.startswith("/") else text.strip("[]").lower().rstrip(".")
