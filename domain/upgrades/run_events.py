"""The facts of an upgrade's run: from the request over its steps to its end."""

from astrolabe.domain.instances.process_user import ProcessUser
from astrolabe.domain.plans.plan import Artifact, Check, Plan
from astrolabe.domain.plans.rollback_point import DatabaseCopy, Dump, FilesCopy, Writes
from astrolabe.domain.problem import Problem
from astrolabe.domain.supervision.supervisor import SupervisorId
from astrolabe.domain.upgrades.upgrade_event import OfUpgrade
from astrolabe.domain.words import Impact, Moment, Owner, Step, Target, Ticket, Version


class UpgradeRequested(OfUpgrade, frozen=True, tag="upgrade_requested"):
    """Somebody asked for an upgrade."""

    from_version: Version
    """The version that runs, by the log."""
    target: Target
    """The version that was asked for; `latest` is resolved by preflight."""
    requested_by: str = ""
    """The name of the token that asked, for nobody approves a request of their own; empty in a log from before that."""
    emergency: bool = False
    """Whether it runs without its approval, and is reviewed afterwards."""
    acknowledge_breaking: tuple[Version, ...] = ()
    """The breaking releases on the way that the requester knows of."""
    ticket: Ticket | None = None
    """The ticket that it was asked for with; null where none was named."""
    impact: Impact | None = None
    """What it means for those who use the instance, as the requester said; null where nothing was said."""
    owner: Owner | None = None
    """Whose that token is, as `person:NAME` or `service:NAME`; null where it is nobody's."""


class UpgradeRetried(OfUpgrade, frozen=True, tag="upgrade_retried"):
    """An ended upgrade begins again at preflight."""

    attempt: int
    """Which attempt begins; the first one was 1."""
    from_version: Version
    """The version that runs, by the log."""
    retried_by: str = ""
    """The name of the token that asked, for nobody approves a request of their own; empty in a log from before that."""
    owner: Owner | None = None
    """Whose that token is, as `person:NAME` or `service:NAME`; null where it is nobody's."""


class StepStarted(OfUpgrade, frozen=True, tag="step_started"):
    """A worker began a step, or took it up after another."""

    attempt: int
    """The upgrade's attempt, counted from 1."""
    step: Step
    """The step that began."""
    worker: str
    """The worker, as HOST:PROCESS."""
    fence: int
    """The number of the worker's lease; once a later lease is given, nothing more is recorded under this one."""


class StepProgressed(OfUpgrade, frozen=True, tag="step_progressed"):
    """How far a step is."""

    step: Step
    """The step under way."""
    message: str
    """What it does, in words."""
    done: int | None = None
    """How much is done, in what the message counts; null where it counts nothing."""
    total: int | None = None
    """How much there is to do, in what the message counts; null where nobody knows."""


class PreflightPassed(OfUpgrade, frozen=True, tag="preflight_passed"):
    """Everything that can be known beforehand is known, and allows the upgrade."""

    plan: Plan
    """What will be done."""
    at: Moment | None = None
    """When it passed; null in a log from before it was recorded."""
    supervisor: SupervisorId | None = None
    """Who keeps the gateway running, through whom it is stopped and started; null where nobody does, or where its kind
    sees to that by itself."""
    user: ProcessUser | None = None
    """Whom the gateway runs as, and is started as; null where its kind or its supervisor sees to that by itself."""


class UpgradeRefused(OfUpgrade, frozen=True, tag="upgrade_refused"):
    """Preflight found a reason not to begin; nothing was touched."""

    problem: Problem
    """The reason, and what to do."""
    at: Moment
    """When it was refused."""
    checks: tuple[Check, ...] = ()
    """What had been looked at by then."""


class BackupTaken(OfUpgrade, frozen=True, tag="backup_taken"):
    """A dump was made while the instance served, and read back."""

    dump: Dump | None
    """The dump; null where the instance has no database."""
    files: FilesCopy | None = None
    """The copy of its folders that was prepared while they were in use; null where none of them is kept."""


class ArtifactPulled(OfUpgrade, frozen=True, tag="artifact_pulled"):
    """All versions that the upgrade needs are on the host, with the integrity that the plan names."""

    artifacts: tuple[Artifact, ...]
    """What is on the host now, the old version included."""


class InstanceStopped(OfUpgrade, frozen=True, tag="instance_stopped"):
    """The old version has ended and its database takes no connections.

    A command line serves nobody: there is nothing to stop, and this only says when its replacement begins.
    """

    last_healthy_at: Moment
    """When it last answered: downtime begins here."""
    serves: bool = True
    """Whether there was anything to stop; false for a command line."""
    counters: Writes | None = None
    """What the database's own counters said at the stop; null unless others are to be let in at once."""


class DatabaseCopied(OfUpgrade, frozen=True, tag="database_copied"):
    """The stopped database was copied: the rollback point that loses nothing."""

    copy: DatabaseCopy | None
    """The copy; null where the instance has no database."""
    files: FilesCopy | None = None
    """The copy of its folders, brought up to date; null where none of them is kept, and after the first leg."""


class MigrationStarted(OfUpgrade, frozen=True, tag="migration_started"):
    """From here on the new version may change the database."""

    port: int | None = None
    """The private port that it listens on until cutover; null where it listens on the instance's own."""
    database: str | None = None
    """What its database is called until cutover; null where that keeps its name."""
    isolated: bool = False
    """Whether nobody else gets in until cutover, so that nobody writes what a failure would lose."""


class MigrationFinished(OfUpgrade, frozen=True, tag="migration_finished"):
    """The new version has migrated and answers."""

    healthy_at: Moment
    """When it first answered: downtime ends here."""
    downtime_ms: int
    """From the last answer of the old version to the first of the new one, to whomever, in milliseconds."""
    migrations_before: int | None = None
    """How many migrations the database had before; null where the product does not say where it keeps them."""
    migrations_after: int | None = None
    """How many migrations it has now; null where the product does not say where it keeps them."""
    last_migration: str | None = None
    """The name of the last migration; null where there is none, or the product does not say where it keeps them."""


class LegFinished(OfUpgrade, frozen=True, tag="leg_finished"):
    """A required stop was reached and verified; it is stopped again, and the next leg begins."""

    version: Version
    """The version of the stop."""
    checks: tuple[Check, ...]
    """What was looked at, and what was seen."""
    at: Moment
    """When it was verified."""


class UpgradeSucceeded(OfUpgrade, frozen=True, tag="upgrade_succeeded"):
    """The new version serves, and was verified."""

    version: Version
    """The version that runs."""
    checks: tuple[Check, ...]
    """What was looked at, and what was seen."""
    counters: Writes
    """What the database's own counters said at cutover, which a later count is compared with."""
    at: Moment
    """When it was found to serve."""
    downtime_ms: int | None = None
    """From the last answer of the old version to the first of the new one that others could have, in milliseconds; null
    where `migration_finished` says it, as it does where others were not kept out."""


class UpgradeFailed(OfUpgrade, frozen=True, tag="upgrade_failed"):
    """A step before the stop failed; the old version runs untouched."""

    step: Step
    """The step that failed."""
    problem: Problem
    """What went wrong, and what to do."""
    at: Moment
    """When it failed."""


class UpgradeCancelled(OfUpgrade, frozen=True, tag="upgrade_cancelled"):
    """The upgrade was called off before anything was stopped."""

    at: Moment
    """When it was called off."""
