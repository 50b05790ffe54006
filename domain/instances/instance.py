"""An instance: one deployment of a product, as its owner registered it."""

from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.domain.plans.approval import ApprovalPolicy
from astrolabe.domain.words import (
    Address,
    Cutover,
    Folder,
    HostName,
    Identifier,
    Kind,
    Name,
    Port,
    SecretRef,
    SettingName,
    SettingValue,
)


class DatabaseConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """Where an instance keeps its data; the password is named, never carried."""

    name: Identifier
    """The database's name."""
    user: Identifier
    """The role that the product connects as."""
    host: Address = "127.0.0.1"
    """The database server's host, or the folder of its socket."""
    port: Port = 5432
    """The database server's port."""
    password: SecretRef | None = None
    """Where the worker finds the role's password: `env:ASTROLABE_SECRET_NAME` or `file:/run/secrets/name`; null where
    the server asks for none."""
    maintenance: Identifier = "postgres"
    """The database that a worker connects to while it renames the instance's own."""


class InstanceConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """What Astrolabe must know to reach, stop and start an instance; one that no kind can have cannot be made."""

    name: Name
    """The instance's name, unique for ever: lower case letters, digits and -."""
    product: Name
    """The product that is deployed, by the name of its file."""
    port: Port | None = None
    """The port that it serves on; null for a command line, kind cli, which serves nobody."""
    kind: Kind = "npx"
    """How it is deployed."""
    host: HostName = "local"
    """The host that it runs on: the name of that host's worker."""
    address: Address = "127.0.0.1"
    """The address that it listens on."""
    database: DatabaseConfig | None = None
    """Where it keeps its data; null where it has no database."""
    compose: ComposeProject | None = None
    """Where its compose project is; null for every other kind."""
    settings: Annotated[dict[SettingName, SettingValue], Meta(max_length=50)] = {}
    """The product's settings by name; they stay in the log for ever, and are no place for a secret."""
    secrets: Annotated[dict[SettingName, SecretRef], Meta(max_length=50)] = {}
    """Where the worker finds each of the product's secret settings, by name: `env:ASTROLABE_SECRET_NAME` or
    `file:/run/secrets/name`."""
    approvals: ApprovalPolicy = ApprovalPolicy()
    """Which of its upgrades wait for somebody's approval."""
    require_notes: bool = False
    """Whether releases that nobody wrote notes for are refused."""
    retention_hours: Annotated[int, Meta(ge=0, le=24 * 366)] = 168
    """How long what an upgrade leaves aside is kept, in hours."""
    patience_seconds: Annotated[int, Meta(ge=1, le=86_400)] = 60
    """How long a start may show no progress before it counts as failed, in seconds."""
    cutover: Cutover = "verified"
    """When others are let in: once the new version is verified, or at once when it starts."""
    prefix: Folder | None = None
    """Where npm installs a command line; null for the prefix of the worker's user, and for every other kind."""

    @property
    def gateway_port(self) -> Port:
        """Return the port of an instance that serves, as every kind but cli does."""
        if self.port is None:
            raise ValueError(f"an instance of kind {self.kind} serves nobody")
        return self.port

    def __post_init__(self) -> None:
        """Refuse what is not true of any instance of this kind."""
        if self.kind == "cli":
            if self.port is not None or self.database is not None or self.compose is not None:
                raise ValueError("a command line, kind cli, has neither port nor database nor project")
        elif self.port is None:
            raise ValueError(f"an instance of kind {self.kind} serves on a port; name it")
        elif (self.kind == "compose") != (self.compose is not None):
            raise ValueError("an instance of kind compose, and no other, has a project: say in compose where it is")
        elif self.prefix is not None:
            raise ValueError(f"only a command line, kind cli, has a prefix; an instance of kind {self.kind} has none")


def in_kind(config: InstanceConfig, kind: Kind) -> InstanceConfig | None:
    """Return the same instance as one of another kind; None where that kind is reached by something else."""
    try:
        return replace(config, kind=kind)
    except ValueError:
        return None
