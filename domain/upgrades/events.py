"""The facts of an instance's stream, by subject; a tag is the wire name and outlives every rename."""

from typing import TypeAlias

from astrolabe.domain.upgrades.approval_events import (
    ApprovalExpired,
    ApprovalRequested,
    ReviewOverdue,
    ReviewRequested,
    UpgradeApproved,
    UpgradeRejected,
    UpgradeReviewed,
)
from astrolabe.domain.upgrades.cutover_events import CutOver, UpgradeUnwell, UpgradeVerified
from astrolabe.domain.upgrades.instance_events import (
    AdoptionRefused,
    AdoptionRequested,
    DriftAccepted,
    InstanceAdopted,
    InstanceObserved,
    InstanceReconfigured,
    InstanceRegistered,
    InstanceRenamed,
    InstanceRetired,
    KeptDiscarded,
    ObservationFailed,
)
from astrolabe.domain.upgrades.rollback_events import (
    DatabaseRestored,
    InstanceInconsistent,
    InstanceTakenOver,
    RollbackCalledOff,
    RollbackRefused,
    RollbackRequested,
    RollbackStalled,
    RollbackStarted,
    UpgradeResumed,
    UpgradeRolledBack,
    WritesCounted,
)
from astrolabe.domain.upgrades.run_events import (
    ArtifactPulled,
    BackupTaken,
    DatabaseCopied,
    InstanceStopped,
    LegFinished,
    MigrationFinished,
    MigrationStarted,
    PreflightPassed,
    StepProgressed,
    StepStarted,
    UpgradeCancelled,
    UpgradeFailed,
    UpgradeRefused,
    UpgradeRequested,
    UpgradeRetried,
    UpgradeSucceeded,
)

__all__ = [
    "AdoptionRefused",
    "AdoptionRequested",
    "ApprovalExpired",
    "ApprovalRequested",
    "ArtifactPulled",
    "BackupTaken",
    "CutOver",
    "DatabaseCopied",
    "DatabaseRestored",
    "DriftAccepted",
    "Event",
    "Fact",
    "InstanceAdopted",
    "InstanceInconsistent",
    "InstanceObserved",
    "InstanceReconfigured",
    "InstanceRegistered",
    "InstanceRenamed",
    "InstanceRetired",
    "InstanceStopped",
    "InstanceTakenOver",
    "KeptDiscarded",
    "LegFinished",
    "MigrationFinished",
    "MigrationStarted",
    "ObservationFailed",
    "OfInstance",
    "PreflightPassed",
    "ReviewOverdue",
    "ReviewRequested",
    "RollbackCalledOff",
    "RollbackRefused",
    "RollbackRequested",
    "RollbackStalled",
    "RollbackStarted",
    "StepProgressed",
    "StepStarted",
    "UpgradeApproved",
    "UpgradeCancelled",
    "UpgradeFailed",
    "UpgradeRefused",
    "UpgradeRejected",
    "UpgradeRequested",
    "UpgradeResumed",
    "UpgradeRetried",
    "UpgradeReviewed",
    "UpgradeRolledBack",
    "UpgradeSucceeded",
    "UpgradeUnwell",
    "UpgradeVerified",
    "WritesCounted",
]

OfInstance: TypeAlias = (
    InstanceAdopted | AdoptionRefused | InstanceObserved | ObservationFailed | KeptDiscarded | ReviewOverdue
)
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
    | UpgradeVerified
    | CutOver
    | UpgradeSucceeded
    | UpgradeUnwell
    | RollbackRefused
    | RollbackStarted
    | RollbackCalledOff
    | UpgradeResumed
    | RollbackStalled
    | WritesCounted
    | DatabaseRestored
    | UpgradeRolledBack
    | InstanceTakenOver
)
"""What a worker may report."""

Event: TypeAlias = (
    InstanceRegistered
    | AdoptionRequested
    | DriftAccepted
    | InstanceReconfigured
    | InstanceRenamed
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
