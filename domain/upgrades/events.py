"""The facts of an instance's stream; a tag is the wire name and outlives every rename."""

from typing import Literal, TypeAlias

from msgspec import Struct

from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.plans.approval import Verdict
from astrolabe.domain.plans.plan import Artifact, Check, Plan
from astrolabe.domain.plans.rollback_point import DatabaseCopy, Dump, Writes
from astrolabe.domain.problem import Problem
from astrolabe.domain.words import Cause, Kind, Moment, Sha256, Step, Target, Version


class InstanceRegistered(Struct, frozen=True, tag="instance_registered"):
    """An instance is known from here on; without a version, a worker on its host is to find out what runs."""

    config: InstanceConfig
    version: Version | None = None


class AdoptionRequested(Struct, frozen=True, tag="adoption_requested"):
    """Somebody mended what stood in the way; a worker is to look again."""


class InstanceAdopted(Struct, frozen=True, tag="instance_adopted"):
    """A worker found the product running, in this version and this kind."""

    attempt: int
    kind: Kind
    version: Version
    seen: str
    at: Moment


class AdoptionRefused(Struct, frozen=True, tag="adoption_refused"):
    """A worker found nothing running, or something else than the product."""

    attempt: int
    problem: Problem
    at: Moment


class InstanceObserved(Struct, frozen=True, tag="instance_observed"):
    """A worker saw something else than was seen before; no version where the product does not run."""

    version: Version | None
    seen: str
    at: Moment


class DriftAccepted(Struct, frozen=True, tag="drift_accepted"):
    """Somebody vouched for what was changed by hand: what was seen is the version from here on."""

    version: Version
    at: Moment


class InstanceReconfigured(Struct, frozen=True, tag="instance_reconfigured"):
    """The instance is reached in another way from here on."""

    config: InstanceConfig


class InstanceRetired(Struct, frozen=True, tag="instance_retired"):
    """Nothing more will be asked of this instance."""


class UpgradeRequested(Struct, frozen=True, tag="upgrade_requested"):
    """Somebody asked for an upgrade; the upgrade is known by this event's id.

    Who asked stands in the envelope too; here it is for the rule that nobody approves a request of their own.
    """

    upgrade_id: str
    from_version: Version
    target: Target
    requested_by: str = ""
    emergency: bool = False
    acknowledge_breaking: tuple[Version, ...] = ()


class UpgradeRetried(Struct, frozen=True, tag="upgrade_retried"):
    """An ended upgrade begins again at preflight."""

    upgrade_id: str
    attempt: int
    from_version: Version
    retried_by: str = ""


class StepStarted(Struct, frozen=True, tag="step_started"):
    """A worker began a step; the fence is that of its lease."""

    upgrade_id: str
    attempt: int
    step: Step
    worker: str
    fence: int


class StepProgressed(Struct, frozen=True, tag="step_progressed"):
    """How far a step is, in words and, where it can be counted, in numbers."""

    upgrade_id: str
    step: Step
    message: str
    done: int | None = None
    total: int | None = None


class PreflightPassed(Struct, frozen=True, tag="preflight_passed"):
    """Everything that can be known beforehand is known, and allows the upgrade."""

    upgrade_id: str
    plan: Plan
    at: Moment | None = None


class ApprovalRequested(Struct, frozen=True, tag="approval_requested"):
    """The plan waits for this many approvers, none of them a requester, until this time."""

    upgrade_id: str
    approvers: int
    until: Moment


class UpgradeApproved(Struct, frozen=True, tag="upgrade_approved"):
    """Somebody else approved the plan as it stands, which is the one with this hash; this many more are needed."""

    upgrade_id: str
    approver: str
    at: Moment
    missing: int
    plan_sha256: Sha256 | None = None


class UpgradeRejected(Struct, frozen=True, tag="upgrade_rejected"):
    """Somebody rejected the plan; nothing was touched."""

    upgrade_id: str
    approver: str
    at: Moment


class ApprovalExpired(Struct, frozen=True, tag="approval_expired"):
    """Nobody approved the plan in time; nothing was touched."""

    upgrade_id: str
    at: Moment


class ReviewRequested(Struct, frozen=True, tag="review_requested"):
    """An emergency: the upgrade runs without its approval, and somebody else must have reviewed it by this time."""

    upgrade_id: str
    until: Moment


class UpgradeReviewed(Struct, frozen=True, tag="upgrade_reviewed"):
    """Somebody else looked at an emergency upgrade, and says what they think of it."""

    upgrade_id: str
    reviewer: str
    verdict: Verdict
    at: Moment


class ReviewOverdue(Struct, frozen=True, tag="review_overdue"):
    """Nobody reviewed an emergency upgrade in time."""

    upgrade_id: str
    at: Moment


class UpgradeRefused(Struct, frozen=True, tag="upgrade_refused"):
    """Preflight found a reason not to begin; nothing was touched."""

    upgrade_id: str
    problem: Problem
    at: Moment
    checks: tuple[Check, ...] = ()


class BackupTaken(Struct, frozen=True, tag="backup_taken"):
    """A dump was made while the instance served (None where the instance has no database)."""

    upgrade_id: str
    dump: Dump | None


class ArtifactPulled(Struct, frozen=True, tag="artifact_pulled"):
    """Both versions are on the host, with the integrity that the plan names."""

    upgrade_id: str
    artifacts: tuple[Artifact, ...]


class InstanceStopped(Struct, frozen=True, tag="instance_stopped"):
    """The old version has ended and its database takes no connections; it last answered at this time.

    A command line serves nobody: there is nothing to stop, and this only tells when its replacement begins.
    """

    upgrade_id: str
    last_healthy_at: Moment
    serves: bool = True


class DatabaseCopied(Struct, frozen=True, tag="database_copied"):
    """The stopped database was copied: the rollback point that loses nothing (None without a database)."""

    upgrade_id: str
    copy: DatabaseCopy | None


class MigrationStarted(Struct, frozen=True, tag="migration_started"):
    """From here on the new version may change the database.

    At a required stop it listens on a port of its own, where nobody writes what a later failure would lose.
    """

    upgrade_id: str
    port: int | None = None


class MigrationFinished(Struct, frozen=True, tag="migration_finished"):
    """The new version has migrated and answers; downtime from last to first healthy probe, in milliseconds."""

    upgrade_id: str
    healthy_at: Moment
    downtime_ms: int
    migrations_before: int | None = None
    migrations_after: int | None = None
    last_migration: str | None = None


class LegFinished(Struct, frozen=True, tag="leg_finished"):
    """A required stop was reached and verified; it is stopped again, and the next leg begins."""

    upgrade_id: str
    version: Version
    checks: tuple[Check, ...]
    at: Moment


class UpgradeSucceeded(Struct, frozen=True, tag="upgrade_succeeded"):
    """The new version was verified; writes are counted from here."""

    upgrade_id: str
    version: Version
    checks: tuple[Check, ...]
    counters: Writes
    at: Moment


class UpgradeFailed(Struct, frozen=True, tag="upgrade_failed"):
    """A step before the stop failed; the old version runs untouched."""

    upgrade_id: str
    step: Step
    problem: Problem
    at: Moment


class UpgradeCancelled(Struct, frozen=True, tag="upgrade_cancelled"):
    """The upgrade was called off before anything was stopped."""

    upgrade_id: str
    at: Moment


class RollbackRequested(Struct, frozen=True, tag="rollback_requested"):
    """Somebody asked to take a succeeded upgrade back."""

    upgrade_id: str
    accept_lost_writes: bool


class RollbackRefused(Struct, frozen=True, tag="rollback_refused"):
    """Going back would leave writes behind that nobody accepted to lose; nothing was touched."""

    upgrade_id: str
    problem: Problem
    writes: Writes


class RollbackStarted(Struct, frozen=True, tag="rollback_started"):
    """The way back begins; `writes` are those that stay behind in the database kept aside."""

    upgrade_id: str
    cause: Cause
    step: Step | None = None
    problem: Problem | None = None
    writes: Writes | None = None


class DatabaseRestored(Struct, frozen=True, tag="database_restored"):
    """The database is the one from before; the migrated one is kept aside under this name, with these writes."""

    upgrade_id: str
    kept: str | None
    last_healthy_at: Moment | None = None
    writes: Writes | None = None


class UpgradeRolledBack(Struct, frozen=True, tag="upgrade_rolled_back"):
    """The old version answers again with all the data it had when it stopped."""

    upgrade_id: str
    version: Version
    at: Moment
    checks: tuple[Check, ...]
    downtime_ms: int | None = None


class InstanceInconsistent(Struct, frozen=True, tag="instance_inconsistent"):
    """The way back failed; the problem says what a person must do before a retry."""

    upgrade_id: str
    problem: Problem
    at: Moment


class KeptDiscarded(Struct, frozen=True, tag="kept_discarded"):
    """The retention of something kept aside has ended and it is gone."""

    what: Literal["database", "dump"]
    name: str


OfInstance: TypeAlias = InstanceAdopted | AdoptionRefused | InstanceObserved | KeptDiscarded | ReviewOverdue
"""What a worker may report outside an upgrade."""

Fact: TypeAlias = (
    OfInstance
    | StepStarted
    | StepProgressed
    | PreflightPassed
    | UpgradeRefused
    | ApprovalExpired
    | BackupTaken
    | ArtifactPulled
    | InstanceStopped
    | DatabaseCopied
    | MigrationStarted
    | MigrationFinished
    | LegFinished
    | UpgradeSucceeded
    | RollbackRefused
    | RollbackStarted
    | DatabaseRestored
    | UpgradeRolledBack
)
"""What a worker may report."""

Event: TypeAlias = (
    InstanceRegistered
    | AdoptionRequested
    | DriftAccepted
    | InstanceReconfigured
    | InstanceRetired
    | UpgradeRequested
    | UpgradeRetried
    | ApprovalRequested
    | UpgradeApproved
    | UpgradeRejected
    | ReviewRequested
    | UpgradeReviewed
    | UpgradeFailed
    | UpgradeCancelled
    | RollbackRequested
    | InstanceInconsistent
    | Fact
)
