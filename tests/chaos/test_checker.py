"""The checker judges by what was recorded outside: each broken promise is found by its rule, and a kept one is not."""

from datetime import UTC, datetime
from typing import Any, cast

from msgspec.structs import replace

from astrolabe.domain.instances.instance import DatabaseConfig, InstanceConfig
from astrolabe.domain.plans.plan import Artifact, Plan
from astrolabe.domain.plans.rollback_point import DatabaseCopy, Dump, Writes
from astrolabe.domain.problem import Problem
from astrolabe.domain.recorded import Cause
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades.decider import INSTANCE_DECIDER
from astrolabe.store.log.entry import as_recorded, make_entry, write
from astrolabe.store.streams.instances import InstanceRecorded
from tests.chaos.checker import violations
from tests.chaos.evidence import Evidence, Gateways, LogCheck, Rows, Stream
from tests.chaos.moment import ALWAYS, Moment
from tests.chaos.scenario import Blow, Scenario
from tests.chaos.target import OLD, TARGETS, migrations

NEW = "2.0.0"
ID = "01900000-0000-7000-8000-000000000001"
UPGRADE = "01900000-0000-7000-8000-000000000002"
AT = datetime(2026, 1, 1, tzinfo=UTC)
COPY, ASIDE, DUMP = "flags_before", "flags_after", "/backups/one.dump"

PLAN = Plan(Artifact("standin-gateway", OLD, "sha512-x", "r"), Artifact("standin-gateway", NEW, "sha512-y", "r"))
UPGRADED: tuple[e.Event, ...] = (
    e.InstanceRegistered(InstanceConfig("flags", "standin", 4242, database=DatabaseConfig("flags", "flags")), OLD),
    e.UpgradeRequested(UPGRADE, OLD, NEW),
    e.StepStarted(UPGRADE, 1, "preflight", "local:1", 1),
    e.PreflightPassed(UPGRADE, PLAN, AT),
    e.StepStarted(UPGRADE, 1, "backup", "local:1", 1),
    e.BackupTaken(UPGRADE, Dump(DUMP, "0" * 64, 1, 1, "pg_dump 18")),
    e.StepStarted(UPGRADE, 1, "pull", "local:1", 1),
    e.ArtifactPulled(UPGRADE, (PLAN.old, PLAN.new)),
    e.StepStarted(UPGRADE, 1, "migrate", "local:1", 1),
    e.InstanceStopped(UPGRADE, AT),
    e.DatabaseCopied(UPGRADE, DatabaseCopy(COPY, 1)),
    e.MigrationStarted(UPGRADE),
    e.MigrationFinished(UPGRADE, AT, 1),
    e.StepStarted(UPGRADE, 1, "verify", "local:1", 1),
    e.UpgradeSucceeded(UPGRADE, NEW, (), Writes(0), AT),
)


def taken_back(writes: Writes | None, *, accepted: bool = True) -> tuple[e.Event, ...]:
    """Tell of a success that was taken back."""
    return (
        *UPGRADED,
        e.RollbackRequested(UPGRADE, accepted),
        e.RollbackStarted(UPGRADE, "request", writes=writes),
        e.DatabaseRestored(UPGRADE, ASIDE, AT, writes),
        e.UpgradeRolledBack(UPGRADE, OLD, AT, ()),
    )


def stream(events: tuple[e.Event, ...]) -> Stream:
    """Record events as the log does."""
    written = [write(make_entry(ID, nth, each, Cause("alice", "", "api"))) for nth, each in enumerate(events, 1)]
    stored = [cast("InstanceRecorded", as_recorded(entry, text, AT, None)) for entry, text in written]
    return Stream(INSTANCE_DECIDER.replay(events), tuple(stored), tuple(stored))


def evidence(events: tuple[e.Event, ...] = UPGRADED, version: str = NEW, **changes: Any) -> Evidence:
    """Gather what a run leaves that kept every promise: three writes, two of them in the live database alone."""
    nothing = Scenario(1, TARGETS[0], ("gateway",), (Blow("nothing", Moment(ALWAYS)),), "nothing", {}, unpulled=False)
    back = version == OLD
    found = Evidence(
        nothing,
        {"gateway": ("one", "two")},
        stream(events),
        Rows({"one": 1, "two": 1}, migrations(version)),
        {},
        frozenset({ASIDE} if back else {COPY}),
        frozenset({DUMP}),
        Gateways((7,), version, takes_writes=True),
        LogCheck(),
        viewed="rolled_back" if back else "succeeded",
    )
    return replace(found, **changes)


def broken(found: Evidence) -> set[str]:
    """Name the rules that are broken."""
    return {each.rule for each in violations(found)}


def test_a_run_that_kept_every_promise_is_found_to() -> None:
    """A success, and one that was taken back with nothing lost, break no rule."""
    assert violations(evidence()) == []
    assert violations(evidence(taken_back(Writes(0), accepted=False), OLD)) == []


def test_a_write_that_is_nowhere_is_lost() -> None:
    """Missing from the live database and from those kept aside: told or not, that is a loss."""
    assert broken(evidence(live=Rows({"one": 1}, migrations(NEW)))) == {"lost-write"}
    gone = evidence(
        taken_back(Writes(1)), OLD, live=Rows({"one": 1}, migrations(OLD)), kept={ASIDE: Rows({}, frozenset())}
    )
    assert broken(gone) == {"lost-write"}


def left_behind(writes: Writes | None, *, accepted: bool = True, cause: Any = None, **changes: Any) -> Evidence:
    """Leave one write behind in the database that a way back kept aside."""
    events = taken_back(writes, accepted=accepted)
    if cause:
        started = e.RollbackStarted(UPGRADE, cause, "verify", Problem("verify-doctor", "sick"), writes)
        events = (*UPGRADED[:-1], started, *events[-2:])
    live, aside = Rows({"one": 1}, migrations(OLD)), {ASIDE: Rows({"one": 1, "two": 1}, migrations(NEW))}
    scenario = replace(evidence().scenario, target=TARGETS[5] if cause else TARGETS[0])
    found = evidence(events, OLD, live=live, kept=aside, scenario=scenario)
    return replace(found, scenario=replace(found.scenario, **changes))


def test_a_write_that_was_left_behind_must_have_been_told_and_accepted() -> None:
    """A person who accepts the number, or that it is not known, may lose it; no number and too small a one are lies."""
    assert broken(left_behind(Writes(1))) == set()
    assert broken(left_behind(Writes(None))) == set()
    assert broken(left_behind(Writes(0))) == {"untold-loss"}
    assert broken(left_behind(None)) == {"untold-loss"}
    assert broken(left_behind(Writes(1), accepted=False)) == {"untold-loss"}


def test_a_way_back_by_itself_leaves_nothing_behind_unless_the_policy_says_so() -> None:
    """Nobody could accept it; where the instance is cut over at once, the number must still be told."""
    for cause in ("failure", "cancel"):
        assert broken(left_behind(Writes(1), cause=cause)) == {"untold-loss"}
        assert broken(left_behind(Writes(1), cause=cause, cutover="at-once")) == set()
        assert broken(left_behind(Writes(None), cause=cause, cutover="at-once")) == {"untold-loss"}


def test_a_write_that_is_there_twice_is_doubled() -> None:
    """One acknowledgement is one row."""
    assert broken(evidence(live=Rows({"one": 2, "two": 1}, migrations(NEW)))) == {"doubled-write"}


def test_an_effect_happens_once() -> None:
    """Two gateways, a migration that ran twice and a start that began twice are found."""
    assert broken(evidence(gateways=Gateways((7, 8), NEW, takes_writes=True))) == {"doubled-effect"}
    assert broken(evidence(live=Rows({"one": 1, "two": 1}, migrations(NEW), 6))) == {"doubled-effect"}
    assert broken(evidence(repeated_starts=("2001-drop-note ran twice",))) == {"doubled-effect"}


def test_what_the_log_does_not_know_is_a_stray() -> None:
    """Databases and dumps beside those of the log, and those of the log that are gone."""
    assert broken(evidence(databases=frozenset({COPY, "flags_other"}))) == {"stray"}
    assert broken(evidence(databases=frozenset())) == {"stray"}
    assert broken(evidence(dumps=frozenset({DUMP, "/backups/half.dump"}))) == {"stray"}


def test_an_event_that_was_seen_stays() -> None:
    """One that is gone, or is another now, is found; so is a gap in the order of the log."""
    whole = stream(UPGRADED)
    assert broken(evidence(stream=replace(whole, stored=(*whole.stored[:4], *whole.stored[5:])))) == {"lost-event"}
    other = replace(whole.stored[4], entry=whole.stored[4].entry.replace("local:1", "local:2"))
    assert broken(evidence(stream=replace(whole, stored=(*whole.stored[:4], other, *whole.stored[5:])))) == {
        "lost-event"
    }
    assert broken(evidence(log=LogCheck(order=("a gap",)))) == {"log-order"}
    assert broken(evidence(log=LogCheck(audit=("position 3: changed",)))) == {"audit"}


def test_a_fact_is_recorded_once_in_an_attempt() -> None:
    """A second backup of one attempt is found, one of another attempt is not."""
    twice = (*UPGRADED[:6], UPGRADED[5], *UPGRADED[6:])
    assert broken(evidence(stream=stream(twice))) == {"doubled-event"}


def test_every_run_comes_to_rest_on_one_of_two_versions() -> None:
    """Inconsistent, under way and stuck are no ends."""
    stranded = (*taken_back(Writes(0))[:-2], e.InstanceInconsistent(UPGRADE, Problem("port-taken", "taken"), AT))
    assert broken(evidence(stream=stream(stranded), viewed="inconsistent")) == {"end-state"}
    assert broken(evidence(stream=stream(UPGRADED[:-1]), viewed="verify")) == {"end-state", "fell-short"}
    assert broken(evidence(stuck="Migrated after 60 seconds")) == {"nobody-at-it"}


def test_what_the_log_says_to_run_must_run_and_serve() -> None:
    """Another version, nobody, no writes, the schema of another version, and no database at all are found."""
    for gateways in (Gateways((7,), OLD, takes_writes=True), Gateways((), None, takes_writes=False)):
        assert broken(evidence(gateways=gateways)) == {"not-serving"}
    assert broken(evidence(gateways=Gateways((7,), NEW, takes_writes=False))) == {"not-serving"}
    assert broken(evidence(live=Rows({"one": 1, "two": 1}, migrations(OLD)))) == {"not-serving"}
    assert broken(evidence(live=None)) == {"not-serving", "lost-write"}


def test_a_good_release_is_reached_unless_something_hinders_it() -> None:
    """A way back that nothing explains is a failure of ours; a bad release that counts as a success is worse."""
    back = (*UPGRADED[:-1], e.RollbackStarted(UPGRADE, "failure", "verify", Problem("x", "y")), *taken_back(None)[-2:])
    hindered = replace(evidence().scenario, blows=(Blow("cancel", Moment("migration_started")),))
    assert broken(evidence(back, OLD)) == {"fell-short"}
    assert broken(evidence(back, OLD, scenario=hindered)) == set()
    bad = replace(TARGETS[5], version=NEW)
    assert broken(evidence(scenario=replace(evidence().scenario, target=bad))) == {"fell-short"}


def test_the_list_says_what_the_events_say() -> None:
    """A view that fell behind for good is found."""
    assert broken(evidence(viewed="verify")) == {"list-differs"}
