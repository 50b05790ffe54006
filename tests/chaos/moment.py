"""Moments: places in an instance's history at which something is done to it."""

from msgspec import Struct
from typing_extensions import override

from astrolabe.store.log.entry import TYPES, type_of
from astrolabe.store.streams.instances import InstanceRecorded

ALWAYS = "always"
"""The place of what is so from the beginning of a run to its end."""

BEFORE_STOP = (
    "upgrade_requested",
    "step_started:preflight",
    "preflight_passed",
    "step_started:backup",
    "backup_taken",
    "step_started:pull",
    "artifact_pulled",
)
MIGRATION = ("step_started:migrate", "instance_stopped", "database_copied", "migration_started")
VERIFICATION = tuple(
    each
    for each in ("migration_finished", "step_started:verify", "upgrade_verified", "cut_over")
    if each.partition(":")[0] in TYPES
)
WAY_BACK = ("rollback_started", "step_started:rollback", "database_restored")
END = ("upgrade_succeeded", "rollback_requested", "upgrade_retried")

PHASES = {"before the stop": BEFORE_STOP, "migration": MIGRATION, "verification": VERIFICATION, "way back": WAY_BACK}
"""The parts of an upgrade, for a table that fits a page; what is in none of them comes after."""

AFTER = "afterwards"


class Moment(Struct, frozen=True):
    """So many milliseconds after the nth event of a type; a step's beginning is `step_started:STEP`."""

    event: str
    ms: int = 0
    nth: int = 1

    @override
    def __str__(self) -> str:
        """Write it as a table and a person want it."""
        if self.event == ALWAYS:
            return ALWAYS
        nth = f"#{self.nth}" if self.nth > 1 else ""
        return f"{self.event}{nth}+{self.ms}ms"

    @property
    def phase(self) -> str:
        """Name the part of an upgrade that it falls into."""
        if self.event == ALWAYS:
            return ALWAYS
        return next((phase for phase, events in PHASES.items() if self.event in events), AFTER)


def place_of(recorded: InstanceRecorded) -> str:
    """Name the place that an event is."""
    kind = type_of(recorded.event)
    return f"{kind}:{getattr(recorded.event, 'step', '')}" if kind == "step_started" else kind
