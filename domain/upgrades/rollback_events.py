"""The facts of an upgrade's way back."""

from astrolabe.domain.instances.process_user import ProcessUser
from astrolabe.domain.plans.hand_command import HandCommand
from astrolabe.domain.plans.plan import Check
from astrolabe.domain.plans.rollback_point import FilesCopy, Writes
from astrolabe.domain.problem import Problem
from astrolabe.domain.supervision.supervisor import SupervisorId
from astrolabe.domain.upgrades.upgrade_event import OfUpgrade
from astrolabe.domain.words import Cause, Moment, Step, Version


class RollbackRequested(OfUpgrade, frozen=True, tag="rollback_requested"):
    """Somebody asked to take a succeeded upgrade back."""

    accept_lost_writes: bool
    """Whether to go back although writes stay behind in the database kept aside."""


class RollbackRefused(OfUpgrade, frozen=True, tag="rollback_refused"):
    """Going back would leave writes behind that nobody accepted to lose; nothing was touched."""

    problem: Problem
    """How many writes, in which tables, and what to do."""
    writes: Writes
    """The writes that would stay behind."""


class RollbackStarted(OfUpgrade, frozen=True, tag="rollback_started"):
    """The way back begins."""

    cause: Cause
    """Why: a failed step, a cancellation, a request, or the retry of a way back that failed."""
    step: Step | None = None
    """The step that failed; null where none did."""
    problem: Problem | None = None
    """What went wrong; null where nothing did."""
    writes: Writes | None = None
    """The writes that stay behind in the database kept aside; null where they were not counted beforehand."""
    supervisor: SupervisorId | None = None
    """Who keeps the gateway running by now, where somebody asked for the way back; otherwise null, and whom preflight
    found still counts."""
    user: ProcessUser | None = None
    """Whom the gateway runs as by now, where somebody asked for the way back; otherwise null, and whom preflight found
    still counts."""


class RollbackCalledOff(OfUpgrade, frozen=True, tag="rollback_called_off"):
    """The way back would leave writes behind that nobody accepted to lose; nothing was changed.

    Somebody wrote after it had begun, or the number that an instance with cutover `at-once` accepts is not known.
    """

    problem: Problem
    """How many writes, in which tables, and what to do."""
    writes: Writes
    """The writes that would have stayed behind, counted once nobody could write any more; its total is null where
    nobody knows."""
    last_healthy_at: Moment | None = None
    """When the new version last answered: downtime begins here; null where nobody knows."""


class WritesCounted(OfUpgrade, frozen=True, tag="writes_counted"):
    """Nobody can write any more, and this will stay behind; the databases are swapped only once it is recorded."""

    writes: Writes
    """The writes that will be in the database kept aside alone; their total is null where nobody knows."""


class UpgradeResumed(OfUpgrade, frozen=True, tag="upgrade_resumed"):
    """The new version serves again, as before the way back that was called off."""

    version: Version
    """The version that runs."""
    at: Moment
    """When it was verified."""
    checks: tuple[Check, ...]
    """What was looked at, and what was seen."""
    downtime_ms: int | None = None
    """From its last answer before to its first since, in milliseconds; null where nobody knows."""


class DatabaseRestored(OfUpgrade, frozen=True, tag="database_restored"):
    """The database is the one from before; the migrated one is kept aside."""

    kept: str | None
    """The name that the migrated database is kept under; null where there is none to keep."""
    last_healthy_at: Moment | None = None
    """When anything last answered: downtime begins here; null where nobody knows."""
    writes: Writes | None = None
    """The writes that are in the database kept aside alone; null where they were not counted."""
    files: FilesCopy | None = None
    """The copy of the folders as the new version left them, which is kept; null where none was put back."""


class UpgradeRolledBack(OfUpgrade, frozen=True, tag="upgrade_rolled_back"):
    """The old version answers again with all the data it had when it stopped."""

    version: Version
    """The version that runs."""
    at: Moment
    """When it was verified."""
    checks: tuple[Check, ...]
    """What was looked at, and what was seen."""
    downtime_ms: int | None = None
    """From the last answer of anything to the first of the old version, in milliseconds; null where nobody knows."""


class RollbackStalled(OfUpgrade, frozen=True, tag="rollback_stalled"):
    """What keeps the way back from going on may pass, but lasts; it is tried again and again."""

    problem: Problem
    """What keeps it, and what a person can do."""
    since: Moment
    """Since when it does."""
    until: Moment
    """Until when it is tried again, before a person must act."""


class InstanceInconsistent(OfUpgrade, frozen=True, tag="instance_inconsistent"):
    """The way back failed, and a person must act before a retry."""

    problem: Problem
    """What went wrong, and what the person must do."""
    at: Moment
    """When it failed."""
    commands: tuple[HandCommand, ...] = ()
    """What brings the instance up by hand, in order; nothing where nobody could find out."""


class InstanceTakenOver(OfUpgrade, frozen=True, tag="instance_taken_over"):
    """After the way back failed, a person brought a version up that is well; it goes on, and nothing was stopped."""

    version: Version
    """The version that runs: the old one, or the one that was asked for."""
    checks: tuple[Check, ...]
    """What was looked at, and what was seen."""
    at: Moment
    """When it was found well."""
    beside: tuple[str, ...] = ()
    """The databases of this upgrade that are left beside the one that serves."""
