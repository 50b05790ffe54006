"""An instance: one deployment of a product, as its owner registered it."""

from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.domain.instances.file_rules import FileRules
from astrolabe.domain.plans.approval import ApprovalPolicy
from astrolabe.domain.words import (
    Address,
    Cutover,
    Folder,
    HostName,
    Identifier,
    Kind,
    LabelValue,
    Name,
    ParameterName,
    Port,
    SecretRef,
    SettingName,
    SettingValue,
    VariableName,
)

LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  what an owner chose, and where that is asked
"""The addresses that mean every one of a host, and how the host itself reaches who listens there."""


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
    """The database that a worker connects to while it renames the instance's own; where that has this name, it is
    `template1`."""
    parameters: Annotated[dict[ParameterName, SettingValue], Meta(max_length=20)] = {}
    """What the gateway's connection string says besides, such as `schema`, `options` or `sslmode`."""

    @property
    def maintained_from(self) -> Identifier:
        """Return the database that is connected to while the instance's own is renamed, which is always another."""
        others = (self.maintenance, "template1", "postgres")
        return next(each for each in others if each != self.name)


class InstanceConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """What Astrolabe must know to reach, stop and start an instance; one that no kind can have cannot be made."""

    name: Name
    """The instance's name, which no other has: lower case letters, digits and -."""
    product: Name
    """The product that is deployed, by the name of its file."""
    port: Port | None = None
    """The port that it serves on; null for a command line, kind cli, which serves nobody, for a product without a port,
    which is known by its database, and for a compose project whose gateway is asked at its container's own
    address, as one that publishes no port must be."""
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
    dump_retention_hours: Annotated[int, Meta(ge=0, le=24 * 3660)] | None = None
    """How long a dump is kept aside, in hours; null for as long as all else that an upgrade leaves aside."""
    patience_seconds: Annotated[int, Meta(ge=1, le=86_400)] = 60
    """How long a start may show no progress before it counts as failed, in seconds."""
    retry_for_seconds: Annotated[int, Meta(ge=0, le=7 * 86_400)] = 3600
    """How long a way back is tried again where what keeps it may pass, such as a server that is away, before a person
    must act, in seconds."""
    cutover: Cutover = "verified"
    """When others are let in: once the new version is verified, or at once when it starts."""
    prefix: Folder | None = None
    """Where npm installs a command line; null for the prefix of the worker's user, and for every other kind."""
    folder: Folder | None = None
    """Where a gateway of kind npx is started; null for a folder of Astrolabe's own, and for every other kind."""
    kept_variables: Annotated[tuple[VariableName, ...], Meta(max_length=100)] = ()
    """Names of environment variables that the gateway runs with and the product does not know as settings: the worker
    takes their values from its process, keeps them on its host alone, and starts every version with them."""
    accepted_differences: Annotated[tuple[VariableName, ...], Meta(max_length=100)] = ()
    """What may differ between the gateway that runs and the one that Astrolabe starts: names of environment variables,
    or `arguments`, or `folder`."""
    files: FileRules = FileRules()
    """Which folders beside the database belong to a rollback point, and which never do; before what the product says.
    """
    labels: Annotated[dict[Name, LabelValue], Meta(max_length=20)] = {}
    """What lists and rights go by, such as `team`: `payments`; only admins change them."""

    @property
    def serves(self) -> bool:
        """Return whether it answers anybody, as every kind but cli does."""
        return self.kind != "cli"

    @property
    def gateway_port(self) -> Port:
        """Return the port of an instance that has one."""
        if self.port is None:
            raise ValueError(f"an instance of kind {self.kind} may have no port")
        return self.port

    @property
    def serving_place(self) -> str:
        """Return where it serves, in words."""
        if self.port is None and self.compose is not None:
            return f"as the service {self.compose.service} of the project {self.compose.name}"
        if self.port is None and self.database is not None:
            return f"with the database {self.database.name}"
        return f"on port {self.port}"

    @property
    def probed_address(self) -> Address:
        """Return where to ask the gateway: who listens everywhere is asked from inside."""
        return LOOPBACK.get(self.address, self.address)

    def __post_init__(self) -> None:
        """Refuse what is not true of any instance of this kind."""
        if self.kind == "cli":
            if self.port is not None or self.database is not None or self.compose is not None:
                raise ValueError("a command line, kind cli, has neither port nor database nor project")
            if self.folder is not None or self.kept_variables:
                raise ValueError("a command line, kind cli, is not started in a folder, and keeps no variables")
        elif self.port is None and self.kind != "compose" and self.database is None:
            raise ValueError(f"an instance of kind {self.kind} has a port, or a database that it is known by")
        elif (self.kind == "compose") != (self.compose is not None):
            raise ValueError("an instance of kind compose, and no other, has a project: say in compose where it is")
        elif self.kind == "compose" and (self.folder is not None or self.kept_variables):
            raise ValueError("only an instance of kind npx has a folder and keeps variables; a project says its own")
        elif self.prefix is not None:
            raise ValueError(f"only a command line, kind cli, has a prefix; an instance of kind {self.kind} has none")


def in_kind(config: InstanceConfig, kind: Kind) -> InstanceConfig | None:
    """Return the same instance as one of another kind; None where that kind is reached by something else."""
    try:
        return replace(config, kind=kind)
    except ValueError:
        return None
