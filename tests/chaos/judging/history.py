"""History: the log has everything that was once in it, each fact once, in one order that an outsider can check."""

from collections import Counter
from collections.abc import Iterator, Sequence

from astrolabe.domain.upgrades.events import UpgradeRequested
from astrolabe.domain.upgrades.upgrade_row import UpgradeRow, upgrade_row
from astrolabe.store.log.entry import type_of
from astrolabe.store.streams.instances import InstanceRecorded
from tests.chaos.evidence import Evidence, Stream

BEGINNINGS = {"upgrade_requested", "upgrade_retried"}
ONCE = {
    *("preflight_passed", "upgrade_refused", "backup_taken", "artifact_pulled", "upgrade_verified", "cut_over"),
    *("upgrade_succeeded", "upgrade_failed", "upgrade_cancelled", "upgrade_unwell", "upgrade_rolled_back"),
}
"""What can be only once in an attempt."""
ONCE_A_LEG = {"instance_stopped", "database_copied", "migration_started", "migration_finished"}


def lost(evidence: Evidence) -> Iterator[str]:
    """Every event that was once seen is still there, as it was."""
    for stream in _streams(evidence):
        stored = {each.version: each.entry for each in stream.stored}
        for each in stream.seen:
            if stored.get(each.version) != each.entry:
                change = "changed" if each.version in stored else "is gone"
                yield f"{type_of(each.event)}, version {each.version} of {each.stream_id}, {change}"


def doubled(evidence: Evidence) -> Iterator[str]:
    """Within one attempt a fact is recorded once, and once a leg where it belongs to a leg."""
    for stream in _streams(evidence):
        for number, attempt in enumerate(_attempts(stream.stored), 1):
            count = Counter(type_of(each.event) for each in attempt)
            legs = 1 + count["leg_finished"]
            for kind, times in count.items():
                if times > (1 if kind in ONCE else legs if kind in ONCE_A_LEG else times):
                    yield f"attempt {number} has {kind} {times} times"


def out_of_order(evidence: Evidence) -> Iterator[str]:
    """Positions and versions have no gaps."""
    yield from evidence.log.order


def unverifiable(evidence: Evidence) -> Iterator[str]:
    """The trail holds for whoever has the key and an older checkpoint."""
    yield from evidence.log.audit


def listed_otherwise(evidence: Evidence) -> Iterator[str]:
    """The list of upgrades says of the last one what its events say."""
    row: UpgradeRow | None = None
    for each in evidence.stream.stored:
        if isinstance(each.event, UpgradeRequested):
            row = None
        row = upgrade_row(row, each)
    if row and evidence.viewed != row.status:
        yield f"the list says {evidence.viewed or 'nothing'}, and the events {row.status}"


def _streams(evidence: Evidence) -> list[Stream]:
    return [evidence.stream, *([evidence.twin] if evidence.twin else [])]


def _attempts(told: Sequence[InstanceRecorded]) -> list[list[InstanceRecorded]]:
    found: list[list[InstanceRecorded]] = []
    for each in told:
        if type_of(each.event) in BEGINNINGS:
            found.append([])
        if found:
            found[-1].append(each)
    return found
