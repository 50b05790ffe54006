"""What is due, and what is kept and for how long."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.reconcile import ACTIONS, Action, ActionName, Discard, due, due_at
from tests.domain.given import given, instance_of, rollback_point_of
from tests.domain.samples import (
    AT,
    BEGUN,
    BUSY,
    CONFIG,
    COPIED,
    COPY,
    DUMP,
    HISTORIES,
    KEPT,
    LATER,
    PROBLEM,
    PULLED,
    RETENTION,
    ROLLED_BACK,
    SUCCEEDED,
    UP,
    cancelled,
    discarded,
    report,
    restored,
    retired,
    rolled_back,
    second,
    turned_back,
    without_database,
)

FOREVER = AT + timedelta(days=10_000)
DUE: dict[type[s.State], ActionName] = {
    s.Requested: "preflight",
    s.Approved: "preflight",
    s.Planned: "backup",
    s.BackedUp: "pull",
    s.Pulled: "stop",
    s.Stopping: "stop",
    s.Stopped: "copy",
    s.Copied: "start",
    s.Migrating: "follow",
    s.Migrated: "verify",
    s.Verified: "cutover",
    s.Serving: "serve",
    s.Adopting: "adopt",
    s.Assessing: "assess",
    s.RollingBack: "restore",
    s.Resuming: "resume",
    s.Restored: "revive",
}


@pytest.mark.parametrize("state", DUE)
def test_every_busy_state_has_one_thing_due(state):
    """Whatever is under way, policy names the one next action."""
    assert due(given(*HISTORIES[state]).state, AT) == Action(DUE[state])


@pytest.mark.parametrize("state", [s.Absent, s.Unadopted, s.Withdrawn, s.Idle, s.Retired, s.Inconsistent])
def test_nothing_is_due_at_rest_or_where_a_person_must_act(state):
    """An instance at rest and one that is inconsistent wait for no worker, however late it is."""
    assert due(given(*HISTORIES[state]).state, FOREVER) is None


def test_the_table_of_actions_is_whole():
    """Every busy state has its action, and so has an adoption; no other state has one."""
    assert set(ACTIONS) == {*BUSY, s.Adopting} == set(DUE)


def kept_names(state):
    """Name what is kept aside, in order."""
    return [(kept.what, kept.name) for kept in state.instance.kept]


def test_a_rollback_keeps_the_dump_and_the_migrated_database():
    """What was rolled back is evidence, and is kept for the retention that the owner chose."""
    state = given(*ROLLED_BACK).state
    assert kept_names(state) == [("dump", DUMP.path), ("database", KEPT)]
    assert {kept.until for kept in instance_of(state).kept} == {AT + RETENTION}
    assert {kept.upgrade_id for kept in instance_of(state).kept} == {UP}


def test_a_rollback_before_the_migration_keeps_the_copy_that_it_did_not_need():
    """A copy that was made and not used is not forgotten on the server."""
    state = given(*COPIED, turned_back, e.DatabaseRestored(UP, None), rolled_back).state
    assert kept_names(state) == [("dump", DUMP.path), ("database", COPY.database)]


def test_a_success_keeps_the_rollback_point_without_an_end():
    """The rollback point of the last success is not kept aside: it stays until it is superseded."""
    state = given(*SUCCEEDED).state
    assert instance_of(state).kept == ()
    assert due(state, FOREVER) is None


def test_a_later_success_supersedes_the_rollback_point():
    """The copy and the dump of the success before are kept for their retention and then discarded."""
    state = given(*SUCCEEDED, *second(SUCCEEDED)).state
    assert kept_names(state) == [("database", COPY.database), ("dump", DUMP.path)]
    assert {kept.until for kept in instance_of(state).kept} == {LATER + RETENTION}
    assert rollback_point_of(state).upgrade_id != UP


def test_a_later_rollback_leaves_the_rollback_point_of_the_success_before():
    """What was not superseded is still the way back."""
    state = given(*SUCCEEDED, *second(ROLLED_BACK)).state
    assert rollback_point_of(state) == rollback_point_of(given(*SUCCEEDED).state)


@pytest.mark.parametrize("state", BEGUN)
def test_an_upgrade_that_did_not_happen_keeps_its_dump(state):
    """A dump that was made is kept for its retention, and where none was made nothing is."""
    after = given(*HISTORIES[state], cancelled).state
    made = state in {s.BackedUp, s.Pulled}
    assert kept_names(after) == ([("dump", DUMP.path)] if made else [])
    failed = given(*HISTORIES[state], e.UpgradeFailed(UP, "pull", PROBLEM, AT)).state
    assert kept_names(failed) == ([("dump", DUMP.path)] if made else []) if state is not s.Requested else True


def test_an_instance_without_a_database_keeps_nothing():
    """Where nothing was dumped or copied, nothing is kept."""
    history = without_database(ROLLED_BACK)
    assert instance_of(given(*history[:-2], e.DatabaseRestored(UP, None), rolled_back).state).kept == ()


def test_retention_is_what_the_configuration_says_when_it_begins():
    """A shorter retention ends sooner."""
    short = e.InstanceRegistered(replace(CONFIG, retention_hours=1), "5.6.0")
    assert {kept.until for kept in instance_of(given(short, *ROLLED_BACK[1:]).state).kept} == {AT + timedelta(hours=1)}


@pytest.mark.parametrize("end", [(), (retired,)], ids=["idle", "retired"])
def test_what_is_kept_is_discarded_when_its_time_has_come(end):
    """At the end of its retention each thing kept is due once, the first first, also after retirement."""
    state = given(*ROLLED_BACK, *end).state
    assert due_at(state) == AT + RETENTION
    assert due(state, AT + RETENTION - timedelta(microseconds=1)) is None
    first = due(state, AT + RETENTION)
    assert first == Discard(instance_of(state).kept[0])
    after = given(*ROLLED_BACK, *end).when(report(discarded)).then(discarded)
    assert kept_names(after) == [("database", KEPT)]
    assert due(after, AT + RETENTION) == Discard(instance_of(state).kept[1])


def test_when_the_next_discard_is_due():
    """The earliest end of a retention is when to look again; without anything kept there is none."""
    assert due_at(given(*SUCCEEDED).state) is None
    assert due_at(given(*PULLED).state) is None
    state = given(*ROLLED_BACK).state
    sooner = replace(instance_of(state).kept[1], until=AT)
    assert due_at(s.Idle(replace(instance_of(state), kept=(instance_of(state).kept[0], sooner)))) == AT


def test_discarding_waits_while_an_upgrade_is_under_way():
    """Nothing is discarded while a worker may need the server for something else."""
    busy = given(*ROLLED_BACK, e.UpgradeRetried(UP, 2, "5.6.0"))
    assert due(busy.state, FOREVER) == Action("preflight")
    busy.when(report(discarded)).refuses("superseded")


def test_only_what_is_kept_is_discarded():
    """A thing is discarded once, and the current rollback point never."""
    given(*ROLLED_BACK, discarded).when(report(discarded)).refuses("superseded")
    given(*SUCCEEDED).when(report(e.KeptDiscarded("database", COPY.database))).refuses("superseded")
    given(*SUCCEEDED).when(report(discarded)).refuses("superseded")
    assert instance_of(given(*SUCCEEDED, *second(SUCCEEDED), restored).state).kept != ()
