"""Under way: what an upgrade carries along, from its backup to its end or back."""

from datetime import datetime

from msgspec import Struct

from astrolabe.domain.plans.plan import Artifact, Plan
from astrolabe.domain.plans.rollback_point import DatabaseCopy, Dump, FilesCopy, Writes
from astrolabe.domain.upgrades.instance import Instance, Run
from astrolabe.domain.words import Cause


class Isolation(Struct, frozen=True):
    """Where the new version runs until cutover."""

    isolated: bool = False
    """Whether nobody but our probes gets in."""
    port: int | None = None
    """Its port meanwhile; None where it has the instance's own, or where its kind isolates it by other means."""
    database: str | None = None
    """What its database is called meanwhile; None where it keeps its name."""


class Leg(Struct, frozen=True):
    """A leg of an upgrade that is behind: the required stop it ended on, and the copy from before it."""

    artifact: Artifact
    copy: DatabaseCopy | None
    isolation: Isolation = Isolation()


class Prepared(Struct, frozen=True):
    """What an upgrade under way has from its backup on, the same through all its legs."""

    instance: Instance
    run: Run
    plan: Plan
    dump: Dump | None
    files: FilesCopy | None = None
    """The copy of its folders: prepared while they are in use, and brought up to date when it is stopped."""


class Downtime(Struct, frozen=True):
    """Nobody is served: when the instance last answered, and the legs that were finished since."""

    last_healthy_at: datetime
    legs: tuple[Leg, ...] = ()
    at_stop: Writes | None = None
    """The count of writes when the instance stopped last; None where nobody will ask for it."""
    let_in: Writes | None = None
    """The count of writes at a cutover before anything was verified; None where nobody is let in yet."""


class WayBack(Struct, frozen=True):
    """What a rollback needs; `migrated` says whether the new version may have changed the database."""

    cause: Cause
    artifact: Artifact
    copy: DatabaseCopy | None
    dump: Dump | None
    migrated: bool
    last_healthy_at: datetime | None
    to: Artifact
    """What the upgrade was to end on, or did."""
    spare: tuple[DatabaseCopy, ...] = ()
    """Copies from before later legs, which the way back passes over."""
    private_database: str | None = None
    """What the migrated database was called until cutover; it may still be, or have its own name again."""
    isolated: bool = False
    """Whether nobody else could get in until cutover."""
    counters: Writes | None = None
    """The count of writes when others were let in; None where nobody was."""
    may_be_called_off: bool = False
    """Whether others were let in to the new version, which goes on where they would lose writes."""
    last_count: Writes | None = None
    """What will stay behind, counted once nobody could write any more; None where that is nothing, or not known yet."""
    accept_counted_writes: bool = False
    """Whether writes may stay behind whose number is known: the instance lets others in before anything is verified."""
    accept_lost_writes: bool = False
    """Whether somebody accepted that writes stay behind."""
    stalled_since: datetime | None = None
    """Since when something that may pass keeps it from going on; None where nothing does, or not for long."""
    left: bool = False
    """Whether a person was called, because it failed or lasts, and may have brought something up since."""
    files: FilesCopy | None = None
    """The copy of its folders, which the new version may have changed where it may have changed the database."""

    def may_leave(self, writes: Writes | None) -> bool:
        """Return whether these writes may stay behind; None, where the database of before is in place, is too late."""
        if not self.may_be_called_off or self.accept_lost_writes:
            return True
        if writes is None or writes.total == 0:
            return True
        return self.accept_counted_writes and writes.total is not None
