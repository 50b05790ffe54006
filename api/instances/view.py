"""An instance as callers see it: what its owner registered, and where it stands."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct
from msgspec.structs import asdict

from astrolabe.api.http.problems import ApiProblem
from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.domain.instances.instance import DatabaseConfig, InstanceConfig
from astrolabe.domain.plans.approval import ApprovalPolicy, DueReview
from astrolabe.domain.plans.rollback_point import Kept
from astrolabe.domain.problem import Problem
from astrolabe.domain.upgrades.states import Absent, Idle, Instance, Newcomer, Unadopted
from astrolabe.domain.upgrades.views import InstanceRow, InstanceStatus, instance_status, upgrade_of
from astrolabe.domain.words import Kind, Outcome, Reason, Version
from astrolabe.store.streams.instances import Loaded


class Registration(InstanceConfig, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The body that registers an instance: how to reach it, and the exact version that it runs where that is known."""

    version: Annotated[Version | None, Meta(description="left out, a worker on the host finds out what runs")] = None
    reason: Reason | None = None


class Reconfiguration(InstanceConfig, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The body that says anew how to reach an instance."""

    reason: Reason | None = None


class LastUpgrade(Struct, frozen=True):
    """The last upgrade of an instance, and how it ended."""

    upgrade_id: str
    outcome: Outcome


class Observed(Struct, frozen=True):
    """What a worker saw running last, since when that is so, and whether the log believes the same."""

    version: str | None
    seen: str
    since: datetime
    in_sync: bool


class InstanceView(Struct, frozen=True):
    """An instance, folded from its stream."""

    id: str
    name: str
    product: str
    kind: Kind
    host: str
    address: str
    port: int | None
    database: DatabaseConfig | None
    compose: ComposeProject | None
    settings: dict[str, str]
    secrets: dict[str, str]
    approvals: ApprovalPolicy
    require_notes: bool
    retention_hours: int
    patience_seconds: int
    prefix: str | None
    version: str | None
    status: InstanceStatus
    upgrade_id: str | None
    last_upgrade: LastUpgrade | None
    rollback_point: bool
    kept: tuple[Kept, ...]
    review: DueReview | None
    observed: Observed | None
    unadopted: Problem | None
    stream_version: int
    registered_at: datetime
    updated_at: datetime
    links: dict[str, str]


class InstancePage(Struct, frozen=True):
    """A page of instances, a moment behind the log, and the link to the next where there is one."""

    items: tuple[InstanceRow, ...]
    next: str | None = None


def config_of(body: Registration | Reconfiguration) -> InstanceConfig:
    """Take from a body what the instance is to keep."""
    return InstanceConfig(**{name: getattr(body, name) for name in InstanceConfig.__struct_fields__})


def instance_view(loaded: Loaded) -> InstanceView:
    """Show an instance."""
    state = loaded.state
    if isinstance(state, Absent):
        raise ApiProblem("instance-unknown", "No instance has this id; GET /instances lists those there are.")
    here = f"/instances/{loaded.stream_id}"
    links = {"self": here, "history": f"{here}/history"}
    if upgrade_id := upgrade_of(state):
        links["upgrade"] = f"/upgrades/{upgrade_id}"
    if isinstance(state, Unadopted) or (isinstance(state, Idle) and state.instance.drift):
        links["adopt"] = f"{here}/adopt"
    known = _UNKNOWN if isinstance(state.instance, Newcomer) else _known(state.instance)
    if known["rollback_point"]:
        links["rollback_point"] = f"{here}/rollback-point"
    return InstanceView(
        **asdict(state.instance.config),
        **known,
        id=loaded.stream_id,
        status=instance_status(state),
        upgrade_id=upgrade_id,
        unadopted=state.problem if isinstance(state, Unadopted) else None,
        stream_version=loaded.version,
        registered_at=loaded.history[0].recorded_at,
        updated_at=loaded.history[-1].recorded_at,
        links=links,
    )


_UNKNOWN: dict[str, Any] = {
    "version": None,
    "last_upgrade": None,
    "rollback_point": False,
    "kept": (),
    "review": None,
    "observed": None,
}


def _known(instance: Instance) -> dict[str, Any]:
    seen = instance.observed
    return {
        "version": instance.version,
        "last_upgrade": LastUpgrade(instance.last.run.upgrade_id, instance.last.outcome) if instance.last else None,
        "rollback_point": instance.rollback_point is not None,
        "kept": instance.kept,
        "review": instance.review,
        "observed": Observed(seen.version, seen.seen, seen.since, bool(instance.in_sync)) if seen else None,
    }
