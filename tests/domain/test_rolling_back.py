"""Cancelling, rolling back, and the state that only a person can end."""

import pytest
from msgspec.structs import replace

from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import Cancel, RequestRollback
from astrolabe.domain.upgrades.instance import LastUpgrade, Run
from tests.domain.given import given, instance_of, rollback_point_of, way_back_of
from tests.domain.samples import (
    ASSESSING,
    AT,
    BEGUN,
    BUSY,
    COPIED,
    COPY,
    COUNTERS,
    DUMP,
    HISTORIES,
    IDLE,
    INCONSISTENT,
    KEPT,
    LATER,
    LEFT,
    MIGRATED,
    NEXT,
    OLD,
    PROBLEM,
    REQUESTED,
    RESTORED,
    RETIRED,
    RETURNING,
    ROLLED_BACK,
    ROLLING_BACK,
    STOPPED,
    STOPPING,
    SUCCEEDED,
    TOUCHED,
    UP,
    cancel,
    fail,
    inconsistent,
    refused,
    report,
    request_rollback,
    restored,
    retry,
    rollback_begun,
    rollback_refused,
    rollback_requested,
    rolled_back,
    second,
    stalled,
    taken_over,
)


@pytest.mark.parametrize("state", BEGUN)
def test_cancelling_is_free_before_the_stop(state):
    """Before the stop an upgrade is called off at once, and nothing was touched."""
    after = given(*HISTORIES[state]).when(cancel).then(e.UpgradeCancelled(UP, LATER))
    assert isinstance(after, s.Idle)
    assert after.instance.version == "5.6.0"
    assert after.instance.last == LastUpgrade(Run(UP, 1, "5.6.0", "6.10.1", ("alice",)), "cancelled")


@pytest.mark.parametrize("state", TOUCHED)
def test_cancelling_after_the_stop_is_a_rollback(state):
    """After the stop the only way out is the way back."""
    after = given(*HISTORIES[state]).when(cancel).then(e.RollbackStarted(UP, "cancel"))
    assert isinstance(after, s.RollingBack)
    assert after.back.cause == "cancel"


@pytest.mark.parametrize("state", [*RETURNING, s.Inconsistent])
def test_a_rollback_is_never_cancelled(state):
    """A way back that was begun is gone to its end."""
    given(*HISTORIES[state]).when(cancel).refuses("cannot-cancel")


@pytest.mark.parametrize("history", [SUCCEEDED, ROLLED_BACK, (*REQUESTED, refused)])
def test_what_has_ended_is_not_cancelled(history):
    """There is nothing left to call off."""
    given(*history).when(cancel).refuses("cannot-cancel")


@pytest.mark.parametrize("history", [(), IDLE, RETIRED, REQUESTED, MIGRATED])
def test_only_the_upgrade_under_way_is_cancelled(history):
    """Another upgrade's id is refused."""
    given(*history).when(Cancel(NEXT, LATER)).refuses("upgrade-not-current")


@pytest.mark.parametrize(
    ("history", "migrated", "copy"),
    [
        (STOPPING, False, None),
        (STOPPED, False, None),
        (COPIED, False, COPY),
        (HISTORIES[s.Migrating], True, COPY),
        (MIGRATED, True, COPY),
    ],
)
def test_the_way_back_knows_what_was_done(history, migrated, copy):
    """A rollback carries the old artifact, the dump, and the copy wherever the database may have changed."""
    back = way_back_of(given(*history).and_then(e.RollbackStarted(UP, "failure")).state)
    assert (back.artifact, back.dump, back.migrated, back.copy) == (OLD, DUMP, migrated, copy)
    assert (back.last_healthy_at is None) == (history is STOPPING)


def test_the_way_back_ends_on_the_old_version():
    """The database is put back, the old version started, and the instance is idle on what it was."""
    now = given(*ROLLING_BACK)
    assert isinstance(now.when(report(restored)).then(restored), s.Restored)
    after = now.and_then(restored).when(report(rolled_back)).then(rolled_back)
    assert isinstance(after, s.Idle)
    assert after.instance.version == "5.6.0"
    assert after.instance.rollback_point is None
    assert after.instance.last == LastUpgrade(Run(UP, 1, "5.6.0", "6.10.1", ("alice",)), "rolled_back")


@pytest.mark.parametrize("accept", [True, False])
def test_a_success_is_taken_back_on_request(accept):
    """A rollback of a success first counts what it would leave behind."""
    after = given(*SUCCEEDED).when(RequestRollback(UP, accept)).then(e.RollbackRequested(UP, accept))
    assert isinstance(after, s.Assessing)
    assert after.accept_lost_writes is accept


def test_a_rollback_that_would_lose_writes_is_refused_and_nothing_changes():
    """The instance stays where it was, with its rollback point."""
    after = given(*ASSESSING).when(report(rollback_refused)).then(rollback_refused)
    assert after == given(*SUCCEEDED).state


def test_a_requested_rollback_uses_the_rollback_point():
    """The way back of a success is its rollback point, and it is used up."""
    now = given(*ASSESSING).and_then(rollback_begun)
    assert (way_back_of(now.state).copy, way_back_of(now.state).artifact) == (COPY, OLD)
    assert way_back_of(now.state).migrated
    after = now.and_then(restored, rolled_back)
    assert instance_of(after.state).rollback_point is None
    after.when(request_rollback).refuses("no-rollback-point")


def test_a_requested_rollback_learns_when_the_new_version_last_answered():
    """The downtime of a requested rollback begins at the last answer seen before the swap."""
    assert way_back_of(given(*ASSESSING, rollback_begun).state).last_healthy_at is None
    assert way_back_of(given(*ASSESSING, rollback_begun, restored).state).last_healthy_at == AT


def test_a_success_is_taken_back_also_after_a_later_upgrade_came_to_nothing():
    """An upgrade that ended without success leaves the way back of the one before it."""
    for later in (second((*REQUESTED, refused)), second(ROLLED_BACK)):
        now = given(*SUCCEEDED, *later)
        after = now.when(request_rollback).then(rollback_requested)
        assert isinstance(after, s.Assessing)
        assert after.run == Run(UP, 1, "5.6.0", "6.10.1", ("alice",))
        ended = now.and_then(rollback_requested, rollback_begun, restored, rolled_back)
        assert instance_of(ended.state).version == "5.6.0"
        assert instance_of(ended.state).last == LastUpgrade(after.run, "rolled_back")


BOTH = (*SUCCEEDED, *second(SUCCEEDED))
"""Two upgrades that succeeded, one after the other."""
request_second = RequestRollback(NEXT)
BACK_AGAIN = (
    *BOTH,
    e.RollbackRequested(NEXT, accept_lost_writes=True),
    e.RollbackStarted(NEXT, "request"),
    *second((IDLE[0], restored, rolled_back)),
)
"""The second of them was taken back."""


def test_a_success_is_not_taken_back_before_a_later_one_is():
    """The refusal says which to take back first."""
    assert NEXT in given(*BOTH).when(request_rollback).refuses("no-rollback-point").detail


def test_once_the_later_success_was_taken_back_the_one_before_it_can_be():
    """What was kept aside for it is its rollback point again, which no retention discards."""
    now = given(*BACK_AGAIN)
    first = rollback_point_of(given(*SUCCEEDED).state)
    assert (instance_of(now.state).version, rollback_point_of(now.state)) == ("6.10.1", first)
    assert not {COPY.database, DUMP.path} & {kept.name for kept in instance_of(now.state).kept}
    assert isinstance(now.when(request_rollback).then(rollback_requested), s.Assessing)
    now.when(request_second).refuses("no-rollback-point")
    ended = now.and_then(rollback_requested, rollback_begun, restored, rolled_back)
    assert (instance_of(ended.state).version, instance_of(ended.state).rollback_point) == ("5.6.0", None)


def test_a_later_upgrade_that_was_unwell_and_taken_back_is_no_obstacle_either():
    """It is the same with one that was past its cutover and never well."""
    unwell_second = e.UpgradeUnwell(NEXT, "7.5.1", PROBLEM, COUNTERS, LATER)
    later = (*second((*SUCCEEDED[:-1],)), unwell_second, *BACK_AGAIN[len(BOTH) :])
    given(*SUCCEEDED, *later).when(request_rollback).then(rollback_requested)


def test_what_a_person_brought_up_at_the_old_version_has_the_rollback_point_of_before():
    """The way back from the second failed, and a person went it by hand: the first is the last success again."""
    stuck = (*BACK_AGAIN[: len(BOTH) + 2], replace(inconsistent, upgrade_id=NEXT), e.RollbackStarted(NEXT, "retry"))
    by_hand = replace(taken_over, upgrade_id=NEXT, version="6.10.1", beside=("unleash_before_2",))
    after = given(*stuck).when(report(by_hand)).then(by_hand)
    assert rollback_point_of(after) == rollback_point_of(given(*SUCCEEDED).state)
    assert COPY.database not in {kept.name for kept in instance_of(after).kept}


@pytest.mark.parametrize(
    ("gone", "back", "dump"),
    [
        (e.KeptDiscarded("database", COPY.database), False, None),
        (e.KeptDiscarded("dump", DUMP.path), True, None),
        (e.KeptDiscarded("database", "another"), True, DUMP),
    ],
)
def test_what_the_way_back_needs_must_still_be_there(gone, back, dump):
    """Without the copy there is no way back, and the refusal says why; the dump alone is no obstacle."""
    now = given(*BOTH, gone, *BACK_AGAIN[len(BOTH) :])
    if back:
        now.when(request_rollback).then(rollback_requested)
        assert rollback_point_of(now.state).dump == dump
    else:
        assert instance_of(now.state).rollback_point is None
        assert "retention" in now.when(request_rollback).refuses("no-rollback-point").detail


def test_what_was_changed_by_hand_ends_every_way_back():
    """What Astrolabe did not do it cannot take back, nor what was before that."""
    seen = e.InstanceObserved("7.6.0", "process 7 runs 7.6.0", LATER)
    now = given(*BACK_AGAIN, seen, e.DriftAccepted("7.6.0", LATER))
    now.when(request_rollback).refuses("no-rollback-point")
    assert COPY.database in {kept.name for kept in instance_of(now.state).kept}


def test_an_upgrade_that_failed_says_which_can_be_taken_back_in_its_place():
    """Whoever names the last upgrade, which left nothing, is led to the one that led to what runs."""
    refusal = given(*SUCCEEDED, *second(ROLLED_BACK)).when(request_second).refuses("no-rollback-point")
    assert refusal.detail == (
        "This upgrade ended rolled back, and left nothing to take back. What runs came by another, which can be taken "
        f"back: {UP}."
    )
    alone = given(*REQUESTED, refused).when(request_rollback).refuses("no-rollback-point")
    assert alone.detail == "This upgrade ended refused, and left nothing to take back."


@pytest.mark.parametrize("history", [IDLE, ROLLED_BACK, (*REQUESTED, refused)])
def test_without_a_success_nothing_is_taken_back(history):
    """There is no rollback point before a success."""
    given(*history).when(request_rollback).refuses("no-rollback-point")


def test_only_an_idle_instance_is_taken_back():
    """A rollback waits like everything else."""
    for busy in BUSY:
        given(*HISTORIES[busy]).when(request_rollback).refuses("instance-busy")
    given().when(request_rollback).refuses("instance-unknown")
    given(*RETIRED).when(request_rollback).refuses("instance-retired")
    given(*INCONSISTENT).when(request_rollback).refuses("instance-inconsistent")


@pytest.mark.parametrize("history", [ROLLING_BACK, RESTORED])
def test_a_failed_way_back_waits_for_a_person_and_goes_on_with_a_retry(history):
    """The log says inconsistent and what to do; a retry takes the same way back again."""
    now = given(*history)
    stuck = now.when(fail("rollback")).then(replace(inconsistent, at=LATER))
    assert isinstance(stuck, s.Inconsistent)
    assert stuck.problem.todo
    assert stuck.commands == inconsistent.commands
    again = now.and_then(inconsistent).when(retry).then(e.RollbackStarted(UP, "retry"))
    assert isinstance(again, s.RollingBack)
    assert way_back_of(again) == replace(way_back_of(now.state), left=True)
    ended = given(*history, inconsistent, e.RollbackStarted(UP, "retry"), restored, rolled_back)
    assert ended.state == given(*ROLLING_BACK, restored, rolled_back).state
    assert [kept.name for kept in instance_of(ended.state).kept] == [DUMP.path, KEPT]


def test_what_a_person_brought_up_is_taken_over_at_the_old_version():
    """The upgrade ends as taken back, and all that it left is kept until its retention ends."""
    after = given(*LEFT).when(report(taken_over)).then(taken_over)
    assert isinstance(after, s.Idle)
    assert (after.instance.version, after.instance.rollback_point) == ("5.6.0", None)
    assert after.instance.last == LastUpgrade(Run(UP, 1, "5.6.0", "6.10.1", ("alice",)), "rolled_back")
    assert {kept.name for kept in after.instance.kept} == {KEPT, DUMP.path}


@pytest.mark.parametrize("begun", [(), (rollback_requested, rollback_begun)], ids=["upgrade", "rollback"])
def test_what_a_person_brought_up_is_taken_over_at_the_new_version(begun):
    """The upgrade has succeeded by hand, and the copy of before is the way back, of a count that nobody may know."""
    way = (*SUCCEEDED, *begun) if begun else ROLLING_BACK
    fact = replace(taken_over, version="6.10.1", beside=(COPY.database, "stray"))
    after = given(*way, inconsistent, e.RollbackStarted(UP, "retry")).when(report(fact)).then(fact)
    assert isinstance(after, s.Idle)
    point = after.instance.rollback_point
    assert point
    assert (after.instance.version, point.artifact, point.copy, point.dump) == ("6.10.1", OLD, COPY, DUMP)
    assert point.counters.total == (COUNTERS.total if begun else None)
    assert after.instance.last
    assert after.instance.last.outcome == "succeeded"
    assert [kept.name for kept in after.instance.kept] == ["stray"]


def test_what_is_gone_is_no_way_back():
    """Where the copy is no longer there, a new version that was brought up has no rollback point."""
    fact = replace(taken_over, version="6.10.1", beside=(KEPT,))
    after = given(*LEFT).when(report(fact)).then(fact)
    assert instance_of(after).rollback_point is None
    given(*LEFT, fact).when(request_rollback).refuses("no-rollback-point")


@pytest.mark.parametrize(
    ("history", "fact"),
    [(ROLLING_BACK, taken_over), (LEFT, replace(taken_over, version="7.5.1")), (INCONSISTENT, taken_over)],
)
def test_nothing_else_is_taken_over(history, fact):
    """Only after a way back that failed, only with a retry, and only at one of the two versions."""
    given(*history).when(report(fact)).refuses("superseded")


@pytest.mark.parametrize("history", [ROLLING_BACK, RESTORED])
def test_a_way_back_that_lasts_calls_a_person_and_goes_on(history):
    """It is remembered since when, for whoever takes over, and forgotten once something moved or it is begun anew."""
    now = given(*history).when(report(stalled)).then(stalled)
    assert isinstance(now, type(given(*history).state))
    assert (way_back_of(now).stalled_since, way_back_of(now).left) == (AT, True)
    again = given(*history, stalled, inconsistent, e.RollbackStarted(UP, "retry"))
    assert way_back_of(again.state).stalled_since is None
    moved = given(*ROLLING_BACK, stalled, restored)
    assert (way_back_of(moved.state).stalled_since, way_back_of(moved.state).left) == (None, True)
