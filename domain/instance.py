"""An instance: one deployment of a product, as its owner registered it."""

from typing import Annotated

from msgspec import Meta, Struct

from domain.approval import ApprovalPolicy
from domain.words import Address, HostName, Identifier, Kind, Name, Port, SecretRef, SettingName, SettingValue


class Database(Struct, frozen=True, forbid_unknown_fields=True):
    """Where an instance keeps its data; the password is named, never carried."""

    name: Identifier
    user: Identifier
    host: Address = "127.0.0.1"
    port: Port = 5432
    password: SecretRef | None = None
    maintenance: Identifier = "postgres"


class InstanceConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """What Astrolabe must know to reach, stop and start an instance."""

    name: Name
    product: Name
    port: Port
    kind: Kind = "npx"
    host: HostName = "local"
    address: Address = "127.0.0.1"
    database: Database | None = None
    settings: Annotated[dict[SettingName, SettingValue], Meta(max_length=50)] = {}
    secrets: Annotated[dict[SettingName, SecretRef], Meta(max_length=50)] = {}
    approvals: ApprovalPolicy = ApprovalPolicy()
    require_notes: Annotated[bool, Meta(description="refuse releases that nobody wrote notes for")] = False
    retention_hours: Annotated[int, Meta(ge=0, le=24 * 366)] = 168
    patience_seconds: Annotated[
        int, Meta(ge=1, le=86_400, description="how long a start may show no progress before it counts as failed")
    ] = 60
