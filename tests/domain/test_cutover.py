"""Cutover: the point of no return, before which every way back is free, and after which nothing goes back by itself."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from astrolabe.domain.plans.rollback_point import Writes
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.reconcile import Action, due
from astrolabe.domain.upgrades.under_way import Isolation
from tests.domain.given import given, instance_of, outcome_of, rollback_point_of, way_back_of
from tests.domain.samples import (
    AT,
    BEFORE_CUTOVER,
    COPIED,
    COPY,
    COUNTERS,
    DUMP,
    FIRST_LEG,
    LATER,
    LET_IN,
    MIGRATED,
    OLD,
    PROBLEM,
    SERVING,
    SUCCEEDED,
    TOUCHED,
    UNWELL,
    UP,
    VERIFIED,
    WHERE_LET_IN,
    cancel,
    cut_over,
    let_in,
    migrated,
    report,
    request,
    request_rollback,
    retry,
    rollback_refused,
    rollback_requested,
    succeeded,
    unwell,
    verified,
)

APART = (
    *COPIED,
    e.MigrationStarted(UP, 5555, "unleash_private_1", isolated=True),
    migrated,
)
NONE = e.RollbackStarted(UP, "failure", "verify", PROBLEM, Writes(0))


def test_nobody_is_let_in_before_verify_has_passed():
    """The new version is verified where it runs apart; then cutover is due, and only then it is to serve."""
    now = given(*APART)
    assert isinstance(now.state, s.Migrated)
    assert s.isolation_of(now.state) == Isolation(isolated=True, port=5555, database="unleash_private_1")
    now.when(report(cut_over)).refuses("superseded")
    now.when(report(succeeded)).refuses("superseded")
    state = now.when(report(verified)).then(verified)
    assert isinstance(state, s.Verified)
    assert due(state, AT) == Action("cutover")
    assert s.isolation_of(state) == Isolation(isolated=True, port=5555, database="unleash_private_1")
    state = given(*APART, verified).when(report(cut_over)).then(cut_over)
    assert isinstance(state, s.Serving)
    assert due(state, AT) == Action("serve")


def test_a_required_stop_is_not_cut_over():
    """Only the version that was asked for serves others."""
    given(*FIRST_LEG).when(report(replace(verified, version="6.10.1"))).refuses("superseded")


@pytest.mark.parametrize("state", TOUCHED)
def test_until_then_the_way_back_is_free(state):
    """A failure before cutover asks nobody: whatever is left behind, nobody but us wrote it."""
    history = {s.Verified: VERIFIED, s.Migrated: MIGRATED}.get(state, COPIED)
    back = way_back_of(given(*history).and_then(e.RollbackStarted(UP, "failure")).state)
    assert back.counters is None


def test_the_way_back_knows_what_the_database_is_called_meanwhile():
    """It goes back from the private name, whether or not it has its own again."""
    for events in ((), (verified,), (verified, cut_over)):
        back = way_back_of(given(*APART, *events, NONE).state)
        assert (back.private_database, back.migrated, back.copy) == ("unleash_private_1", True, COPY)


def test_writes_are_counted_from_cutover_on():
    """The base line is that of the moment before others were let in, not that of the end."""
    point = rollback_point_of(given(*SERVING, replace(succeeded, counters=COUNTERS)).state)
    assert (point.counters, point.artifact, point.copy, point.dump) == (COUNTERS, OLD, COPY, DUMP)
    assert way_back_of(given(*SERVING).and_then(NONE).state).counters == COUNTERS


def test_after_cutover_nothing_goes_back_by_itself_that_would_leave_a_write_behind():
    """Only where it is known that nobody wrote; a number that nobody knows is not none."""
    now = given(*SERVING)
    assert isinstance(now.when(report(NONE)).then(NONE), s.RollingBack)
    for writes in (Writes(1), Writes(None), None):
        now.when(report(replace(NONE, writes=writes))).refuses("superseded")
    now.when(cancel).refuses("cannot-cancel")


def test_an_unwell_version_is_a_persons_decision():
    """It is where the instance is, with the way back beside it, and no retry goes over it."""
    state = given(*SERVING).when(report(unwell)).then(unwell)
    assert isinstance(state, s.Idle)
    assert (state.instance.version, outcome_of(state)) == ("6.10.1", "unwell")
    assert (rollback_point_of(state).copy, rollback_point_of(state).counters) == (COPY, COUNTERS)
    given(*UNWELL).when(retry).refuses("cannot-retry")
    assert isinstance(given(*UNWELL).when(request_rollback).then(rollback_requested), s.Assessing)
    given(*UNWELL).when(request).refuses("already-at-version")
    given(*UNWELL).when(replace(request, target="7.0.0", upgrade_id="next")).then(
        e.UpgradeRequested("next", "6.10.1", "7.0.0", "alice")
    )


def test_a_rollback_that_was_refused_leaves_it_unwell():
    """What a person did not accept changes nothing."""
    state = given(*UNWELL, rollback_requested, rollback_refused).state
    assert isinstance(state, s.Idle)
    assert outcome_of(state) == "unwell"


def test_at_once_others_are_let_in_before_the_start():
    """Whoever asked for the shortest downtime passes the point of no return first, and the log says so."""
    now = given(*WHERE_LET_IN)
    now.when(report(e.MigrationStarted(UP))).refuses("superseded")
    now.when(report(cut_over)).refuses("superseded")
    state = now.when(report(let_in)).then(let_in)
    assert isinstance(state, s.Copied)
    assert due(state, AT) == Action("start")
    serving = now.and_then(let_in, e.MigrationStarted(UP), migrated)
    serving.when(report(verified)).refuses("superseded")
    state = serving.when(report(succeeded)).then(succeeded)
    assert isinstance(state, s.Idle)
    assert rollback_point_of(state).counters == succeeded.counters


def test_at_once_the_way_back_counts_from_before_the_start():
    """It goes back by itself, as its owner chose, and what that leaves behind is counted."""
    state = given(*LET_IN, e.RollbackStarted(UP, "failure")).state
    assert way_back_of(state).counters == COUNTERS


def test_nobody_else_is_let_in_at_once():
    """An instance that is to be verified first cannot be cut over before that."""
    given(*COPIED).when(report(let_in)).refuses("superseded")
    given(*COPIED).when(report(replace(let_in, verified=True))).refuses("superseded")


def test_a_log_of_before_there_was_a_cutover_ends_as_it_did():
    """There verify ended in success at once, and writes were counted from there."""
    state = given(*BEFORE_CUTOVER).state
    assert isinstance(state, s.Idle)
    assert state.instance.version == "6.10.1"
    assert rollback_point_of(state).counters == succeeded.counters
    assert instance_of(given(*SUCCEEDED).state).version == "6.10.1"
    assert timedelta(minutes=5) == LATER - AT
