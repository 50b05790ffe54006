"""An instance: one deployment of a product, as its owner registered it."""

from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.domain.plans.approval import ApprovalPolicy
from astrolabe.domain.words import (
    Address,
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
    user: Identifier
    host: Address = "127.0.0.1"
    port: Port = 5432
    password: SecretRef | None = None
    maintenance: Identifier = "postgres"


class InstanceConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """What Astrolabe must know to reach, stop and start an instance; one that no kind can have cannot be made."""

    name: Name
    product: Name
    port: Annotated[Port | None, Meta(description="where it serves; a command line, kind cli, has none")] = None
    kind: Kind = "npx"
    host: HostName = "local"
    address: Address = "127.0.0.1"
    database: DatabaseConfig | None = None
    compose: ComposeProject | None = None
    settings: Annotated[dict[SettingName, SettingValue], Meta(max_length=50)] = {}
    secrets: Annotated[dict[SettingName, SecretRef], Meta(max_length=50)] = {}
    approvals: ApprovalPolicy = ApprovalPolicy()
    require_notes: Annotated[bool, Meta(description="refuse releases that nobody wrote notes for")] = False
    retention_hours: Annotated[int, Meta(ge=0, le=24 * 366)] = 168
    patience_seconds: Annotated[
        int, Meta(ge=1, le=86_400, description="how long a start may show no progress before it counts as failed")
    ] = 60
    prefix: Annotated[
        Folder | None, Meta(description="where npm installs a command line; left out, the prefix of the worker's user")
    ] = None

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
