"""A way back that is called off: whoever wrote after it had begun loses nothing, unless somebody accepted that."""

import pytest
from msgspec.structs import replace

from astrolabe.domain.plans.rollback_point import Writes
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.reconcile import Action, due
from tests.domain.given import given, instance_of, outcome_of, rollback_point_of
from tests.domain.samples import (
    ASKED_BACK,
    AT,
    COUNTERS,
    EMERGENCY,
    LATER,
    LET_IN,
    PROBLEM,
    RESUMING,
    ROLLING_BACK,
    SERVING,
    SUCCEEDED,
    UNWELL,
    UP,
    called_off,
    cancel,
    counted,
    fail,
    inconsistent,
    pulled,
    report,
    request_rollback,
    restored,
    resumed,
    retry,
    reviewed,
    rollback_requested,
    unwell,
)

BY_ITSELF = (*SERVING, e.RollbackStarted(UP, "failure", "verify", PROBLEM, Writes(0)))
ACCEPTED = (*SUCCEEDED, replace(rollback_requested, accept_lost_writes=True), e.RollbackStarted(UP, "request"))
AT_ONCE = (*LET_IN, e.RollbackStarted(UP, "failure", "verify", PROBLEM))
WROTE = [COUNTERS, Writes(None)]
NOBODY: list[Writes | None] = [Writes(0), None]


@pytest.mark.parametrize("history", [ASKED_BACK, BY_ITSELF])
@pytest.mark.parametrize("writes", WROTE)
def test_what_nobody_accepted_to_lose_is_not_left_behind(history, writes):
    """Counted once nobody can write any more: any number but none, and a number that nobody knows, calls it off."""
    now = given(*history)
    now.when(report(replace(restored, writes=writes))).refuses("superseded")
    event = replace(called_off, writes=writes)
    state = now.when(report(event)).then(event)
    assert isinstance(state, s.Resuming)
    assert due(state, AT) == Action("resume")
    assert instance_of(state) == instance_of(now.state)


def test_at_once_a_number_is_accepted_and_an_unknown_one_is_not():
    """Its owner chose to lose what is counted; where nobody knows how much that is, a person is asked."""
    now, known = given(*AT_ONCE), replace(restored, writes=COUNTERS)
    assert isinstance(now.when(report(known)).then(known), s.Restored)
    now.when(report(replace(called_off, writes=COUNTERS))).refuses("superseded")
    now.when(report(replace(restored, writes=Writes(None)))).refuses("superseded")
    event = replace(called_off, writes=Writes(None))
    assert isinstance(now.when(report(event)).then(event), s.Resuming)


@pytest.mark.parametrize("asked_for", [e.RollbackStarted(UP, "failure"), e.RollbackStarted(UP, "cancel")])
def test_at_once_what_is_called_off_arrives_with_its_way_back(asked_for):
    """The new version is what the instance runs, with what was counted when others were let in."""
    for end, outcome in ((resumed, "succeeded"), (unwell, "unwell")):
        state = given(*LET_IN, asked_for, replace(called_off, writes=Writes(None)), end).state
        assert (instance_of(state).version, outcome_of(state)) == ("6.10.1", outcome)
        assert rollback_point_of(state).counters == COUNTERS


@pytest.mark.parametrize("history", [ASKED_BACK, BY_ITSELF, AT_ONCE])
@pytest.mark.parametrize("writes", NOBODY)
def test_where_nobody_wrote_it_goes_on(history, writes):
    """None is what was counted, or the database of before is in place already."""
    now = given(*history)
    event = replace(restored, writes=writes)
    assert isinstance(now.when(report(event)).then(event), s.Restored)
    now.when(report(replace(called_off, writes=writes or Writes(0)))).refuses("superseded")


def test_what_stays_behind_is_recorded_before_the_databases_are_swapped():
    """It changes nothing but what is known; what nobody accepted to lose is called off, and not counted as lost."""
    now = given(*ACCEPTED)
    state = now.when(report(counted)).then(counted)
    assert isinstance(state, s.RollingBack)
    assert state.back.last_count == COUNTERS
    assert due(state, AT) == Action("restore")
    given(*ASKED_BACK).when(report(counted)).refuses("superseded")


@pytest.mark.parametrize("history", [ACCEPTED, ROLLING_BACK])
@pytest.mark.parametrize("writes", WROTE)
def test_what_was_accepted_or_is_no_ones_stays_behind(history, writes):
    """Whoever accepted it is told the number; before cutover there is nobody to lose anything."""
    now = given(*history)
    now.when(report(replace(called_off, writes=writes))).refuses("superseded")
    event = replace(restored, writes=writes)
    assert isinstance(now.when(report(event)).then(event), s.Restored)


def test_the_new_version_goes_on_with_its_way_back():
    """Afterwards the instance is as before the request, and can be asked to go back again."""
    before = given(*SUCCEEDED).state
    state = given(*RESUMING).when(report(resumed)).then(resumed)
    assert state == before
    assert isinstance(given(*RESUMING, resumed).when(request_rollback).then(rollback_requested), s.Assessing)


def test_a_version_that_was_unwell_and_serves_again_is_well():
    """It was verified as it was started again."""
    asked = (rollback_requested, e.RollbackStarted(UP, "request", writes=Writes(0)), called_off)
    state = given(*UNWELL, *asked).when(report(resumed)).then(resumed)
    assert outcome_of(state) == "succeeded"
    assert instance_of(state).version == "6.10.1"


@pytest.mark.parametrize("history", [RESUMING, (*BY_ITSELF, called_off), (*AT_ONCE, called_off)])
def test_one_that_does_not_serve_again_is_a_persons_decision(history):
    """The alarm tells the number that was counted, and the counted way back is still there."""
    state = given(*history).when(fail("rollback")).then(e.UpgradeUnwell(UP, "6.10.1", PROBLEM, COUNTERS, LATER))
    assert outcome_of(state) == "unwell"
    assert instance_of(state).version == "6.10.1"
    assert rollback_point_of(state).counters == COUNTERS


def test_after_an_automatic_way_back_the_upgrade_arrives_after_all():
    """It ends on the new version, with the rollback point of its cutover."""
    state = given(*BY_ITSELF, called_off).when(report(resumed)).then(resumed)
    assert isinstance(state, s.Idle)
    assert (state.instance.version, outcome_of(state)) == ("6.10.1", "succeeded")
    assert rollback_point_of(state) == rollback_point_of(given(*SUCCEEDED).state)


def test_what_was_reviewed_meanwhile_stays_reviewed():
    """What is known of the instance is of the moment, and not of when it turned back."""
    served = (*EMERGENCY, *SERVING[SERVING.index(pulled) - 1 :])
    way = (e.RollbackStarted(UP, "failure", "verify", PROBLEM, Writes(0)), reviewed, called_off, resumed)
    assert instance_of(given(*served, *way[:1]).state).review is not None
    assert instance_of(given(*served, *way).state).review is None


def test_a_retry_of_a_failed_way_back_is_called_off_the_same_way():
    """What was not accepted is not accepted by a retry either."""
    for history in (ASKED_BACK, BY_ITSELF):
        again = given(*history, inconsistent).when(retry).then(e.RollbackStarted(UP, "retry"))
        before = given(*history).state
        assert isinstance(before, s.RollingBack)
        assert again == replace(before, back=replace(before.back, left=True))
        assert isinstance(given(*history, inconsistent, e.RollbackStarted(UP, "retry"), called_off).state, s.Resuming)


def test_only_the_new_version_is_resumed_and_nothing_is_interrupted():
    """No report puts the instance on another version, and a cancel waits like on every way back."""
    now = given(*RESUMING)
    for event in (replace(resumed, version="5.6.0"), replace(unwell, version="5.6.0")):
        now.when(report(event)).refuses("superseded")
    now.when(cancel).refuses("cannot-cancel")
    now.when(request_rollback).refuses("instance-busy")
