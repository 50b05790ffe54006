"""A connection string: where a gateway finds its database, written and read."""

import re
from collections.abc import Mapping
from typing import Self
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from msgspec import Struct

from astrolabe.domain.instances.identity import LOOPBACK
from astrolabe.domain.instances.instance import DatabaseConfig

SCHEMES = {"postgresql", "postgres"}
DEFAULT_PORT = "5432"
ENCRYPTION = ("sslmode", "sslrootcert", "sslcert", "sslkey")
SEARCH_PATH = re.compile(r"search_path=\"?([A-Za-z_][A-Za-z0-9_]*)")


def connection_string(database: DatabaseConfig, password: str | None) -> str:
    """Write the URL by which a gateway reaches its database, with all that its owner lets it say."""
    login = quote(database.user, safe="") + (f":{quote(password, safe='')}" if password else "")
    parameters = dict(database.parameters)
    if database.host.startswith("/"):
        where, parameters = "", {"host": database.host, "port": str(database.port), **parameters}
    else:
        where = f"[{database.host}]" if ":" in database.host else database.host
        where = f"{where}:{database.port}"
    said = f"?{urlencode(parameters, quote_via=quote, safe='/')}" if parameters else ""
    return f"postgresql://{login}@{where}/{database.name}{said}"


class ConnectionString(Struct, frozen=True):
    """A connection string, taken apart and decoded; two that mean the same differ in nothing."""

    server: tuple[str, str]
    """Host or socket folder, and port; every way to say this very host is one."""
    user: str
    password: str
    database: str
    parameters: Mapping[str, str]

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Take a URL apart; None where it is none of PostgreSQL's."""
        # Credentials without a host, as a socket's URL has them, are read all the same.
        parts = urlsplit(text)
        try:
            host, port = unquote(parts.hostname or ""), str(parts.port or "")
        except ValueError:
            return None
        if parts.scheme not in SCHEMES:
            return None
        said = dict(parse_qsl(parts.query, keep_blank_values=True))
        host, port = said.pop("host", host), said.pop("port", port)
        user, password = said.pop("user", unquote(parts.username or "")), said.pop("password", None)
        return cls(
            ("loopback" if host in LOOPBACK else host, port or DEFAULT_PORT),
            user,
            unquote(parts.password or "") if password is None else password,
            said.pop("dbname", unquote(parts.path.removeprefix("/"))) or user,
            said,
        )

    def differences(self, other: "ConnectionString") -> list[str]:
        """Name what differs, never how: a value may be secret."""
        parts = ("server", "user", "password", "database")
        names = sorted({*self.parameters, *other.parameters})
        return [
            *(name for name in parts if getattr(self, name) != getattr(other, name)),
            *(name for name in names if self.parameters.get(name) != other.parameters.get(name)),
        ]


def encryption_of(database: DatabaseConfig) -> dict[str, str]:
    """Return what an owner's connection string says of TLS, by the names that PostgreSQL's own clients have for it."""
    said = {name: database.parameters[name] for name in ENCRYPTION if name in database.parameters}
    if said.get("sslmode") == "no-verify":  # Node's word
        said["sslmode"] = "require"
    return said


def schema_of(database: DatabaseConfig) -> str | None:
    """Return the schema that a connection string sends its tables to, None where it says nothing of that."""
    parameters = database.parameters
    if schema := parameters.get("schema") or parameters.get("currentSchema"):
        return schema
    found = SEARCH_PATH.search(parameters.get("options", ""))
    return found[1] if found else None
