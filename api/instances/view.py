"""An instance as callers see it: what its owner registered, and where it stands."""

from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from astrolabe.api.http.problems import ApiProblem
from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.domain.instances.file_rules import FileRules
from astrolabe.domain.instances.instance import DatabaseConfig, InstanceConfig
from astrolabe.domain.plans.approval import ApprovalPolicy, DueReview
from astrolabe.domain.plans.hand_command import HandCommand
from astrolabe.domain.plans.rollback_point import Kept
from astrolabe.domain.problem import Problem
from astrolabe.domain.upgrades.instance import Instance, Newcomer
from astrolabe.domain.upgrades.instance_row import InstanceRow, InstanceStatus, instance_status, upgrade_of
from astrolabe.domain.upgrades.states import Absent, Idle, Inconsistent, Retired, Unadopted, Withdrawn
from astrolabe.domain.words import Cutover, Kind, Name, Outcome, Reason, Version
from astrolabe.store.streams.instances import Loaded


class Registration(InstanceConfig, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The body that registers an instance: how to reach it, and the exact version that it runs where that is known."""

    version: Version | None = None
    """The exact version that runs; null where a worker on the host is to find out."""
    reason: Reason | None = None
    """Why, for the audit trail, which shows null as no reason given."""


class Reconfiguration(InstanceConfig, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The body that changes how an instance is reached."""

    reason: Reason | None = None
    """Why, for the audit trail, which shows null as no reason given."""


class Renaming(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The body that gives an instance another name."""

    name: Name
    """Its name from here on: lower case letters, digits and -."""
    reason: Reason | None = None
    """Why, for the audit trail, which shows null as no reason given."""


class LastUpgrade(Struct, frozen=True):
    """The last upgrade of an instance, and how it ended."""

    upgrade_id: str
    """The upgrade's id."""
    outcome: Outcome
    """How it ended."""


class Observed(Struct, frozen=True):
    """What a worker saw running last, since when that is so, and whether the log believes the same."""

    version: str | None
    """The version that runs; null where the product does not run."""
    seen: str
    """What the worker saw, in a sentence."""
    since: datetime
    """Since when that is so."""
    in_sync: bool
    """Whether the log believes the same."""


class UnobservedView(Struct, frozen=True):
    """That no worker can look at an instance: nobody knows what runs."""

    why: str
    """What keeps the worker from looking, in a sentence."""
    since: datetime
    """Since when that is so."""


class Inconsistency(Struct, frozen=True):
    """A way back that failed: why, and the commands that bring the instance up by hand."""

    problem: Problem
    """What went wrong, and what to do."""
    commands: tuple[HandCommand, ...]
    """What a person types on the host, in order; a retry takes over what was brought up so."""


class InstanceView(Struct, frozen=True):
    """An instance, folded from its stream."""

    id: str
    """The instance's id, a UUID."""
    name: str
    """Its name, which no other instance has."""
    product: str
    """The product that is deployed."""
    kind: Kind
    """How it is deployed."""
    host: str
    """The host that it runs on: the name of that host's worker."""
    address: str
    """The address that it listens on."""
    port: int | None
    """The port that it serves on; null for a command line, which serves nobody, and for a compose project whose gateway
    is asked at its container's own address."""
    database: DatabaseConfig | None
    """Where it keeps its data; null where it has no database."""
    compose: ComposeProject | None
    """Where its compose project is; null for every other kind."""
    settings: dict[str, str]
    """The product's settings by name."""
    secrets: dict[str, str]
    """Where the worker finds each of the product's secret settings, by name."""
    approvals: ApprovalPolicy
    """Which of its upgrades wait for somebody's approval."""
    require_notes: bool
    """Whether releases that nobody wrote notes for are refused."""
    retention_hours: int
    """How long what an upgrade leaves aside is kept, in hours."""
    dump_retention_hours: int | None
    """How long a dump is kept aside, in hours; null for as long as all else that an upgrade leaves aside."""
    patience_seconds: int
    """How long a start may show no progress before it counts as failed, in seconds."""
    retry_for_seconds: int
    """How long a way back is tried again where what keeps it may pass, before a person must act, in seconds."""
    cutover: Cutover
    """When others are let in: once the new version is verified, or at once when it starts."""
    prefix: str | None
    """Where npm installs a command line; null for the prefix of the worker's user, and for every other kind."""
    folder: str | None
    """Where a gateway of kind npx is started; null for a folder of Astrolabe's own, and for every other kind."""
    kept_variables: tuple[str, ...]
    """Names of environment variables that the worker took from the gateway's process, and starts it with."""
    accepted_differences: tuple[str, ...]
    """What may differ between the gateway that runs and the one that Astrolabe starts."""
    files: FileRules
    """Which folders beside the database belong to a rollback point, and which never do."""
    labels: dict[str, str]
    """What lists and rights go by."""
    version: str | None
    """The version that the log believes to run; null before a worker found out."""
    status: InstanceStatus
    """What it is doing."""
    name_free: bool
    """Whether another may have its name: it was retired, no worker ever saw it run, and no upgrade was asked for."""
    upgrade_id: str | None
    """The upgrade under way; null where none is."""
    last_upgrade: LastUpgrade | None
    """The last upgrade that ended; null before the first."""
    rollback_point: bool
    """Whether there is a way back: `GET /instances/{ref}/rollback-point`."""
    kept: tuple[Kept, ...]
    """What is kept aside, and until when."""
    review: DueReview | None
    """The emergency upgrade that somebody else must review; null where there is none."""
    observed: Observed | None
    """What a worker saw running last; null where nobody looked since the version changed."""
    unobserved: UnobservedView | None
    """Why no worker can look at it; null where one can, or nobody has tried for long enough."""
    inconsistent: Inconsistency | None
    """Why a way back failed, and what a person can type; null where none did."""
    unadopted: Problem | None
    """Why what runs could not be adopted, and what to do; null where nothing stands in the way."""
    stream_version: int
    """How many events its stream has, which the ETag is made of."""
    registered_at: datetime
    """When it was registered."""
    updated_at: datetime
    """When its last event was recorded."""
    links: dict[str, str]
    """The paths of what belongs to it, by name."""


class InstancePage(Struct, frozen=True):
    """A page of instances, a moment behind the log, and the link to the next where there is one."""

    items: tuple[InstanceRow, ...]
    """The instances, in order of registration."""
    next: str | None = None
    """The path of the next page; null on the last one."""


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
        name_free=isinstance(state, Retired | Withdrawn) and state.name_free,
        upgrade_id=upgrade_id,
        inconsistent=Inconsistency(state.problem, state.commands) if isinstance(state, Inconsistent) else None,
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
    "unobserved": None,
}


def _known(instance: Instance) -> dict[str, Any]:
    seen, unseen = instance.observed, instance.unobserved
    return {
        "version": instance.version,
        "last_upgrade": LastUpgrade(instance.last.run.upgrade_id, instance.last.outcome) if instance.last else None,
        "rollback_point": instance.rollback_point is not None,
        "kept": instance.kept,
        "review": instance.review,
        "observed": Observed(seen.version, seen.seen, seen.since, bool(instance.in_sync)) if seen else None,
        "unobserved": UnobservedView(unseen.why, unseen.since) if unseen else None,
    }
