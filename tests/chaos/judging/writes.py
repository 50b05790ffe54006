"""Writes: what was acknowledged is there, or the log told how many stay behind before that was accepted."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from astrolabe.domain.plans.rollback_point import Writes
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.words import Cause
from astrolabe.store.streams.instances import InstanceRecorded
from tests.chaos.evidence import Evidence

SHOWN = 5
AT_ONCE = "at-once"


class WayBack(Struct, frozen=True):
    """One way back: why, the database that it kept aside, the writes that it told of, and whether that was accepted."""

    cause: Cause
    kept: str | None
    told: Writes | None
    accepted: bool


def ways_back(told: Sequence[InstanceRecorded]) -> list[WayBack]:
    """List the ways back that a stream tells of."""
    found: list[WayBack] = []
    accepted, started = False, e.RollbackStarted("", "request")
    for event in (each.event for each in told):
        match event:
            case e.RollbackRequested(accept_lost_writes=accept):
                accepted = accept
            case e.RollbackStarted():
                started = event
            case e.DatabaseRestored(kept=kept, writes=writes):
                of_request = accepted and started.cause == "request"
                found.append(WayBack(started.cause, kept, writes or started.writes, of_request))
            case _:
                pass
    return found


def acknowledged(evidence: Evidence) -> list[str]:
    """List all writes that somebody was told to have made."""
    return [name for written in evidence.acknowledged.values() for name in written]


def missing(evidence: Evidence) -> list[str]:
    """List the acknowledged writes that the live database has not."""
    live = evidence.live.items if evidence.live else {}
    return [name for name in acknowledged(evidence) if name not in live]


def lost(evidence: Evidence) -> Iterator[str]:
    """An acknowledged write is in the live database, or in one that a way back kept aside."""
    known = {back.kept for back in _all_ways_back(evidence)}
    aside = {name for database, rows in evidence.kept.items() if database in known for name in rows.items}
    if gone := [name for name in missing(evidence) if name not in aside]:
        elsewhere = {database for database, rows in evidence.kept.items() if set(gone) & set(rows.items)}
        where = f"only in {', '.join(sorted(elsewhere))}" if elsewhere else "nowhere"
        yield f"{len(gone)} of {len(acknowledged(evidence))} acknowledged writes are {where}: {_some(gone)}"


def untold(evidence: Evidence) -> Iterator[str]:
    """What a way back left behind was told by number, and accepted where a person could be asked."""
    absent = set(missing(evidence))
    for back in _all_ways_back(evidence):
        behind = sorted(absent & set(aside.items)) if (aside := evidence.kept.get(back.kept or "")) else []
        if not behind:
            continue
        told = back.told.total if back.told else None
        left = f"{len(behind)} acknowledged writes were left behind in {back.kept} ({_some(behind)})"
        if back.told is None:
            yield f"{left}, and the log says nothing of it"
        elif told is not None and told < len(behind):
            yield f"{left}, and the log says {told}"
        elif not back.accepted and (told is None or evidence.scenario.cutover != AT_ONCE):
            yield f"{left}, which nobody accepted"


def doubled(evidence: Evidence) -> Iterator[str]:
    """A write that was made once is there once."""
    live = evidence.live.items if evidence.live else {}
    if twice := [name for name in acknowledged(evidence) if live.get(name, 0) > 1]:
        yield f"{len(twice)} writes are there more than once: {_some(twice)}"


def _all_ways_back(evidence: Evidence) -> list[WayBack]:
    return ways_back(evidence.stream.stored) + (ways_back(evidence.twin.stored) if evidence.twin else [])


def _some(found: Sequence[str]) -> str:
    return ", ".join(found[:SHOWN]) + (", …" if len(found) > SHOWN else "")
