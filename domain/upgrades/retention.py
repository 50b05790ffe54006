"""Retention: what is kept aside after an upgrade, why, and until when."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec.structs import replace

from astrolabe.domain.holds import Holds, asked_at
from astrolabe.domain.plans.rollback_point import DatabaseCopy, Dump, FilesCopy, Kept
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.instance import Instance, Superseded


def discarded(instance: Instance, what: str, name: str) -> Instance:
    """Forget what was kept aside and is gone."""
    return replace(instance, kept=tuple(kept for kept in instance.kept if (kept.what, kept.name) != (what, name)))


def holds_kept(holds: Holds, instance_id: str, kept: Kept) -> bool:
    """Return whether what is kept aside must not be discarded, whatever its retention."""
    at = asked_at(kept.upgrade_id)
    if at is None:
        return bool(holds.by_id)
    return holds.cover(instance_id, kept.upgrade_id, at)


def _until(instance: Instance, at: datetime) -> datetime:
    return at + timedelta(hours=instance.config.retention_hours)


def kept_dump(instance: Instance, dump: Dump | None, why: str, upgrade_id: str, at: datetime) -> tuple[Kept, ...]:
    """Keep a dump aside until its own retention ends."""
    hours = instance.config.dump_retention_hours
    until = _until(instance, at) if hours is None else at + timedelta(hours=hours)
    return (Kept("dump", dump.path, why, upgrade_id, until),) if dump else ()


def kept_files(
    instance: Instance, copies: Iterable[FilesCopy | None], why: str, upgrade_id: str, at: datetime
) -> tuple[Kept, ...]:
    """Keep copies of folders aside until the retention ends."""
    names = [copy.manifest for copy in copies if copy]
    return tuple(Kept("files", name, why, upgrade_id, _until(instance, at)) for name in names)


def with_dump_kept(state: s.Begun, at: datetime) -> Instance:
    """Keep the dump, and the copy of the files, of an upgrade that came to nothing."""
    dump = state.dump if isinstance(state, s.BackedUp | s.Pulled) else None
    files = state.files if isinstance(state, s.BackedUp | s.Pulled) else None
    why, upgrade_id = "the upgrade it was made for did not happen", state.run.upgrade_id
    kept = kept_dump(state.instance, dump, why, upgrade_id, at)
    kept += kept_files(state.instance, [files], why, upgrade_id, at)
    return replace(state.instance, kept=state.instance.kept + kept)


def aside(instance: Instance, why: str, at: datetime) -> tuple[Kept, ...]:
    """Keep aside the rollback point that no longer leads back from what runs."""
    point = instance.rollback_point
    if point is None:
        return ()
    copies = kept_copies(instance, [point.copy], why, point.upgrade_id, at)
    copies += kept_files(instance, [point.files], why, point.upgrade_id, at)
    return copies + kept_dump(instance, point.dump, why, point.upgrade_id, at)


def superseded(instance: Instance, why: str, at: datetime) -> Instance:
    """Keep the rollback point aside, for another leads back from what runs; it is one again once that was gone."""
    point, run = instance.rollback_point, instance.succeeded
    if point is None or run is None:
        return replace(instance, superseded=(), discarded=None)
    return replace(
        instance,
        kept=instance.kept + aside(instance, why, at),
        superseded=(*instance.superseded, Superseded(run, point)),
        discarded=None,
    )


def reinstated(instance: Instance) -> Instance:
    """Return an instance whose last success was taken back: the one before can be, where all that takes is kept."""
    gone = replace(instance, rollback_point=None, succeeded=None, superseded=(), discarded=None)
    if not instance.superseded:
        return gone
    *others, before = instance.superseded
    there, point = {(kept.what, kept.name) for kept in instance.kept}, before.point
    needed = {("database", point.copy.database)} if point.copy else set[tuple[str, str]]()
    needed |= {("files", point.files.manifest)} if point.files else set()
    if not needed <= there:
        return replace(gone, discarded=before.run.upgrade_id)
    dump = point.dump if point.dump and ("dump", point.dump.path) in there else None
    again = needed | ({("dump", dump.path)} if dump else set())
    return replace(
        instance,
        rollback_point=replace(point, dump=dump),
        succeeded=before.run,
        superseded=tuple(others),
        kept=tuple(kept for kept in instance.kept if (kept.what, kept.name) not in again),
    )


def kept_copies(
    instance: Instance, copies: Iterable[DatabaseCopy | None], why: str, upgrade_id: str, at: datetime
) -> tuple[Kept, ...]:
    """Keep copies of the database aside until the retention ends."""
    return kept_databases(instance, (copy.database for copy in copies if copy), why, upgrade_id, at)


def kept_databases(
    instance: Instance, names: Iterable[str], why: str, upgrade_id: str, at: datetime
) -> tuple[Kept, ...]:
    """Keep databases aside until the retention ends."""
    return tuple(Kept("database", name, why, upgrade_id, _until(instance, at)) for name in names)
