"""One example of every event and every command, and the shortest history into every state."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from astrolabe.domain.instances.instance import DatabaseConfig, InstanceConfig
from astrolabe.domain.plans.approval import ApprovalPolicy
from astrolabe.domain.plans.hand_command import HandCommand
from astrolabe.domain.plans.plan import Artifact, Check, Plan, PlannedCommand
from astrolabe.domain.plans.rollback_point import DatabaseCopy, Dump, Writes
from astrolabe.domain.problem import Problem
from astrolabe.domain.supervision.supervisor import Pm2App, Pm2Daemon, SystemdService
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import (
    Approve,
    Cancel,
    Command,
    FailStep,
    Rename,
    Report,
    RequestRollback,
    RequestUpgrade,
    Retire,
    Retry,
)
from astrolabe.domain.words import Step

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = AT + timedelta(minutes=5)
RETENTION = timedelta(hours=168)

UP = "0190f000-0000-7000-8000-000000000001"
NEXT = "0190f000-0000-7000-8000-000000000002"

CONFIG = InstanceConfig("flags", "unleash", 4242, database=DatabaseConfig("unleash", "unleash"))
BARE = InstanceConfig("flags", "unleash", 4242)
AT_ONCE = replace(CONFIG, cutover="at-once")
STRICT = replace(CONFIG, approvals=ApprovalPolicy("always"))

PROBLEM = Problem("health-never-came", "The gateway did not answer.", ("boom",), "Look at its log.")
OLD = Artifact("unleash-server", "5.6.0", "sha512-old", "https://registry.example")
NEW = Artifact("unleash-server", "6.10.1", "sha512-new", "https://registry.example")
NEWER = Artifact("unleash-server", "7.5.1", "sha512-newer", "https://registry.example")
CHECK = Check("health", ok=True, seen="GOOD")
PLAN = Plan(OLD, NEW, (CHECK,), (PlannedCommand("backup", ("pg_dump", "--format=custom")),))
LONG_PLAN = Plan(OLD, NEWER, (CHECK,), stops=(NEW,))
DUMP = Dump("/backups/flags-1.dump", "ab" * 32, 1000, 40, "pg_dump 18.6")
COPY = DatabaseCopy("unleash_before_1", 9000)
KEPT = "unleash_after_1"
COUNTERS = Writes(3, {"public.features": 3})

registered = e.InstanceRegistered(CONFIG, "5.6.0")
unversioned = e.InstanceRegistered(CONFIG)
adopted = e.InstanceAdopted(1, "npx", "5.6.0", "unleash 5.6.0 serves on port 4242", AT)
unadopted = e.AdoptionRefused(1, PROBLEM, AT)
adoption_requested = e.AdoptionRequested()
drift_accepted = e.DriftAccepted("5.7.0", AT)
unobserved = e.ObservationFailed("npm is not installed", AT - timedelta(minutes=5), AT)
observed = e.InstanceObserved("5.7.0", "unleash 5.7.0 serves on port 4242", AT)
requested = e.UpgradeRequested(UP, "5.6.0", "6.10.1", "alice")
in_emergency = replace(requested, emergency=True)
planned = e.PreflightPassed(UP, PLAN, AT)
planned_with_systemd = e.PreflightPassed(UP, PLAN, AT, SystemdService("flags.service"))
planned_with_pm2 = e.PreflightPassed(UP, PLAN, AT, Pm2App("flags", Pm2Daemon("/home/o/.pm2", ("/usr/bin/pm2",))))
approval_requested = e.ApprovalRequested(UP, 1, AT + timedelta(hours=72))
approved = e.UpgradeApproved(UP, "bob", AT, 0, PLAN.sha256)
rejected = e.UpgradeRejected(UP, "bob", AT)
expired = e.ApprovalExpired(UP, approval_requested.until)
review_requested = e.ReviewRequested(UP, AT + timedelta(hours=24))
reviewed = e.UpgradeReviewed(UP, "bob", "accepted", AT)
overdue = e.ReviewOverdue(UP, review_requested.until)
refused = e.UpgradeRefused(UP, PROBLEM, AT)
backed_up = e.BackupTaken(UP, DUMP)
pulled = e.ArtifactPulled(UP, (OLD, NEW))
cancelled = e.UpgradeCancelled(UP, AT)
migrate_started = e.StepStarted(UP, 1, "migrate", "worker-1", 7)
stopped = e.InstanceStopped(UP, AT)
copied = e.DatabaseCopied(UP, COPY)
migration_started = e.MigrationStarted(UP)
migrated = e.MigrationFinished(UP, AT, 4700, 210, 332, "20250101-last")
leg_finished = e.LegFinished(UP, "6.10.1", (CHECK,), AT)
verified = e.UpgradeVerified(UP, "6.10.1", (CHECK,), AT)
cut_over = e.CutOver(UP, COUNTERS, AT)
let_in = e.CutOver(UP, COUNTERS, AT, verified=False)
succeeded = e.UpgradeSucceeded(UP, "6.10.1", (CHECK,), COUNTERS, AT, 6200)
unwell = e.UpgradeUnwell(UP, "6.10.1", PROBLEM, COUNTERS, AT)
turned_back = e.RollbackStarted(UP, "failure", "migrate", PROBLEM)
counted = e.WritesCounted(UP, COUNTERS)
restored = e.DatabaseRestored(UP, KEPT, AT)
rolled_back = e.UpgradeRolledBack(UP, "5.6.0", AT, (CHECK,), 9000)
BY_HAND = HandCommand("starts version 5.6.0", "systemctl start -- flags.service")
inconsistent = e.InstanceInconsistent(UP, PROBLEM, AT, (BY_HAND,))
stalled = e.RollbackStalled(UP, PROBLEM, AT, LATER)
left = e.RollbackStarted(UP, "retry")
taken_over = e.InstanceTakenOver(UP, "5.6.0", (CHECK,), AT, (KEPT,))
rollback_requested = e.RollbackRequested(UP, accept_lost_writes=False)
rollback_refused = e.RollbackRefused(UP, PROBLEM, COUNTERS)
rollback_begun = e.RollbackStarted(UP, "request", writes=COUNTERS)
called_off = e.RollbackCalledOff(UP, PROBLEM, COUNTERS, AT)
resumed = e.UpgradeResumed(UP, "6.10.1", AT, (CHECK,), 900)
renamed = e.InstanceRenamed("shop", "flags")
retired = e.InstanceRetired()
never_ran = e.InstanceRetired(name_free=True)
retried = e.UpgradeRetried(UP, 2, "5.6.0")
discarded = e.KeptDiscarded("dump", DUMP.path)

EVENTS: tuple[e.Event, ...] = (
    registered,
    adopted,
    unadopted,
    adoption_requested,
    observed,
    unobserved,
    drift_accepted,
    e.InstanceReconfigured(CONFIG),
    renamed,
    retired,
    never_ran,
    requested,
    retried,
    e.StepStarted(UP, 1, "preflight", "worker-1", 7),
    migrate_started,
    e.StepProgressed(UP, "migrate", "migration 242 of 332", 242, 332),
    planned,
    planned_with_systemd,
    planned_with_pm2,
    approval_requested,
    approved,
    rejected,
    expired,
    review_requested,
    reviewed,
    overdue,
    refused,
    backed_up,
    pulled,
    stopped,
    copied,
    migration_started,
    migrated,
    leg_finished,
    verified,
    cut_over,
    let_in,
    succeeded,
    unwell,
    e.UpgradeFailed(UP, "backup", PROBLEM, AT),
    cancelled,
    rollback_requested,
    rollback_refused,
    turned_back,
    called_off,
    resumed,
    counted,
    restored,
    rolled_back,
    inconsistent,
    stalled,
    left,
    taken_over,
    discarded,
)

IDLE: tuple[e.Event, ...] = (registered,)
ADOPTING: tuple[e.Event, ...] = (unversioned,)
UNADOPTED = (*ADOPTING, unadopted)
WITHDRAWN = (*UNADOPTED, never_ran)
REQUESTED = (*IDLE, requested)
PLANNED = (*REQUESTED, planned)
WAITING = (e.InstanceRegistered(STRICT, "5.6.0"), requested, planned, approval_requested)
APPROVED = (*WAITING, approved)
EMERGENCY = (e.InstanceRegistered(STRICT, "5.6.0"), in_emergency, planned, review_requested)
BACKED_UP = (*PLANNED, backed_up)
PULLED = (*BACKED_UP, pulled)
STOPPING = (*PULLED, migrate_started)
STOPPED = (*STOPPING, stopped)
COPIED = (*STOPPED, copied)
WHERE_LET_IN = tuple(e.InstanceRegistered(AT_ONCE, "5.6.0") if event == registered else event for event in COPIED)
"""The old version is stopped and copied, and others are to be let in at once."""
LET_IN = (*WHERE_LET_IN, let_in, e.MigrationStarted(UP), migrated)
MIGRATING = (*COPIED, migration_started)
MIGRATED = (*MIGRATING, migrated)
VERIFIED = (*MIGRATED, verified)
SERVING = (*VERIFIED, cut_over)
SUCCEEDED = (*SERVING, succeeded)
UNWELL = (*SERVING, unwell)
BEFORE_CUTOVER = (*MIGRATED, replace(succeeded, downtime_ms=None))
"""What a log tells of an upgrade of before there was a cutover."""
ASSESSING = (*SUCCEEDED, rollback_requested)
ROLLING_BACK = (*MIGRATED, turned_back)
ASKED_BACK = (*ASSESSING, e.RollbackStarted(UP, "request", writes=Writes(0)))
"""The way back of a success, of which nobody accepted to lose a write."""
RESUMING = (*ASKED_BACK, called_off)
RESTORED = (*ROLLING_BACK, restored)
ROLLED_BACK = (*RESTORED, rolled_back)
INCONSISTENT = (*RESTORED, inconsistent)
LEFT = (*INCONSISTENT, left)
RETIRED = (*IDLE, retired)

FIRST_LEG = (
    *IDLE,
    replace(requested, target="7.5.1"),
    e.PreflightPassed(UP, LONG_PLAN, AT),
    *PULLED[3:],
    migrate_started,
    stopped,
    copied,
    e.MigrationStarted(UP, 5555),
    migrated,
)
"""The way to 7.5.1 stops at 6.10.1; what is behind is the first of two legs, but for its end."""

HISTORIES: dict[type[s.State], tuple[e.Event, ...]] = {
    s.Absent: (),
    s.Adopting: ADOPTING,
    s.Unadopted: UNADOPTED,
    s.Withdrawn: WITHDRAWN,
    s.Idle: IDLE,
    s.Requested: REQUESTED,
    s.Waiting: WAITING,
    s.Approved: APPROVED,
    s.Planned: PLANNED,
    s.BackedUp: BACKED_UP,
    s.Pulled: PULLED,
    s.Stopping: STOPPING,
    s.Stopped: STOPPED,
    s.Copied: COPIED,
    s.Migrating: MIGRATING,
    s.Migrated: MIGRATED,
    s.Verified: VERIFIED,
    s.Serving: SERVING,
    s.Assessing: ASSESSING,
    s.RollingBack: ROLLING_BACK,
    s.Resuming: RESUMING,
    s.Restored: RESTORED,
    s.Inconsistent: INCONSISTENT,
    s.Retired: RETIRED,
}
"""The shortest history into every state."""

UNVERSIONED = (s.Absent, s.Adopting, s.Unadopted, s.Withdrawn)
BEGUN = (s.Requested, s.Approved, s.Planned, s.BackedUp, s.Pulled)
TOUCHED = (s.Stopping, s.Stopped, s.Copied, s.Migrating, s.Migrated, s.Verified)
RETURNING = (s.Assessing, s.RollingBack, s.Resuming, s.Restored)
BUSY = (*BEGUN, *TOUCHED, s.Serving, *RETURNING)

request = RequestUpgrade(UP, "6.10.1", "alice")
approve = Approve(UP, "bob", AT)
cancel = Cancel(UP, LATER)
retry = Retry(UP)
rename = Rename("shop")
retire = Retire()
request_rollback = RequestRollback(UP)


def fail(step: Step, upgrade_id: str = UP) -> FailStep:
    """Let a worker say that a step cannot be done, and what a person can type."""
    return FailStep(upgrade_id, step, PROBLEM, LATER, (BY_HAND,))


def report(fact: e.Fact) -> Command:
    """Let a worker say what it did."""
    return Report(fact)


def without_database(events: tuple[e.Event, ...]) -> tuple[e.Event, ...]:
    """Return the same history of an instance that has no database."""
    other: dict[type[e.Event], e.Event] = {
        e.InstanceRegistered: e.InstanceRegistered(BARE, "5.6.0"),
        e.BackupTaken: e.BackupTaken(UP, None),
        e.DatabaseCopied: e.DatabaseCopied(UP, None),
    }
    return tuple(other.get(type(event), event) for event in events)


def second(events: tuple[e.Event, ...]) -> tuple[e.Event, ...]:
    """Return the part of a history after registration as that of the next upgrade, from 6.10.1 to 7.5.1."""
    plan = Plan(NEW, NEWER)
    changed: dict[type[e.Event], e.Event] = {
        e.UpgradeRequested: e.UpgradeRequested(NEXT, "6.10.1", "7.5.1"),
        e.PreflightPassed: e.PreflightPassed(NEXT, plan),
        e.BackupTaken: e.BackupTaken(NEXT, Dump("/backups/flags-2.dump", "cd" * 32, 1, 1, "pg_dump 18.6")),
        e.DatabaseCopied: e.DatabaseCopied(NEXT, DatabaseCopy("unleash_before_2", 1)),
        e.UpgradeSucceeded: e.UpgradeSucceeded(NEXT, "7.5.1", (), COUNTERS, LATER),
        e.UpgradeRefused: e.UpgradeRefused(NEXT, PROBLEM, LATER),
        e.DatabaseRestored: e.DatabaseRestored(NEXT, "unleash_after_2"),
        e.UpgradeRolledBack: e.UpgradeRolledBack(NEXT, "6.10.1", LATER, ()),
    }
    return tuple(changed.get(type(event), event) for event in events[1:])
