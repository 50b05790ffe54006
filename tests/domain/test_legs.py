"""Upgrades over required stops: several legs, each with its own copy, and one way back to where it began."""

import pytest

from astrolabe.domain.plans.plan import Plan
from astrolabe.domain.plans.rollback_point import DatabaseCopy
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.reconcile import Action, due
from astrolabe.domain.upgrades.under_way import Isolation, Leg
from astrolabe.domain.words import Step
from tests.domain.given import given
from tests.domain.samples import (
    AT,
    COPY,
    COUNTERS,
    DUMP,
    FIRST_LEG,
    LATER,
    LONG_PLAN,
    MIGRATED,
    NEW,
    NEWER,
    OLD,
    UP,
    cancel,
    cut_over,
    fail,
    leg_finished,
    migrated,
    report,
    restored,
    rolled_back,
    stopped,
    succeeded,
)

SECOND_COPY = DatabaseCopy("unleash_before_1b", 9500)
arrived = e.UpgradeSucceeded(UP, "7.5.1", (), COUNTERS, LATER)
SECOND_LEG = (
    e.InstanceStopped(UP, LATER),
    e.DatabaseCopied(UP, SECOND_COPY),
    e.MigrationStarted(UP),
    e.MigrationFinished(UP, LATER, 9000),
)


def test_a_plan_names_what_each_leg_ends_on():
    """The last leg ends on the wanted version, and a plan without stops has one."""
    assert LONG_PLAN.legs == (NEW, NEWER)
    assert Plan(OLD, NEW).legs == (NEW,)


def test_a_required_stop_is_stopped_again_and_the_next_leg_begins():
    """The stop was verified; the next leg begins on it, and remembers the copy from before the first."""
    state = given(*FIRST_LEG).when(report(leg_finished)).then(leg_finished)
    assert isinstance(state, s.Stopping)
    assert state.legs == (Leg(NEW, COPY, Isolation(port=5555)),)
    assert (s.leg_from(state), s.leg_to(state), s.is_last_leg(state)) == (NEW, NEWER, True)
    assert s.isolation_of(state) == Isolation(port=5555)
    assert due(state, AT) == Action("stop")


def test_the_first_leg_listens_apart_and_the_last_where_everybody_asks():
    """Nobody can write into a required stop what a failure of a later leg would lose."""
    state = given(*FIRST_LEG).state
    assert isinstance(state, s.Migrated)
    assert (s.isolation_of(state), s.is_last_leg(state)) == (Isolation(port=5555), False)
    last = given(*FIRST_LEG, leg_finished, *SECOND_LEG).state
    assert isinstance(last, s.Migrated)
    assert s.isolation_of(last) == Isolation()


def test_a_stop_is_no_success_and_a_success_no_stop():
    """Each leg ends on its own version only, and only the last is a success."""
    given(*FIRST_LEG).when(report(arrived)).refuses("superseded")
    given(*FIRST_LEG).when(report(succeeded)).refuses("superseded")
    given(*FIRST_LEG).when(report(e.LegFinished(UP, "7.5.1", (), AT))).refuses("superseded")
    given(*FIRST_LEG, leg_finished, *SECOND_LEG).when(report(e.LegFinished(UP, "7.5.1", (), AT))).refuses("superseded")
    given(*MIGRATED).when(report(leg_finished)).refuses("superseded")


def test_a_success_leaves_the_way_back_to_where_it_began():
    """The rollback point is the copy from before the first leg; those of later legs are kept aside."""
    served = (e.UpgradeVerified(UP, "7.5.1", (), LATER), cut_over)
    state = given(*FIRST_LEG, leg_finished, *SECOND_LEG, *served).when(report(arrived)).then(arrived)
    assert isinstance(state, s.Idle)
    assert state.instance.version == "7.5.1"
    point = state.instance.rollback_point
    assert point
    assert (point.artifact, point.copy, point.dump) == (OLD, COPY, DUMP)
    assert [(kept.name, kept.why) for kept in state.instance.kept] == [
        (SECOND_COPY.database, "the rollback point of a later leg")
    ]


@pytest.mark.parametrize("done", range(len(SECOND_LEG) + 1))
def test_a_failure_in_a_later_leg_goes_back_to_where_it_began(done):
    """Wherever the second leg fails, the way back is the first copy and the version the user had."""
    steps: tuple[Step, ...] = ("migrate", "migrate", "migrate", "migrate", "verify")
    was = given(*FIRST_LEG, leg_finished, *SECOND_LEG[:done])
    failure = fail(steps[done])
    state = was.when(failure).then(e.RollbackStarted(UP, "failure", steps[done], failure.problem))
    assert isinstance(state, s.RollingBack)
    assert (state.back.artifact, state.back.copy, state.back.migrated) == (OLD, COPY, True)
    assert state.back.last_healthy_at == stopped.last_healthy_at
    assert state.back.spare == ((SECOND_COPY,) if done > 1 else ())
    ended = given(*FIRST_LEG, leg_finished, *SECOND_LEG[:done]).and_then(
        e.RollbackStarted(UP, "failure", "migrate"), restored, rolled_back
    )
    assert isinstance(ended.state, s.Idle)
    assert ended.state.instance.version == "5.6.0"
    assert (SECOND_COPY.database in [kept.name for kept in ended.state.instance.kept]) == (done > 1)


def test_the_users_downtime_begins_with_the_first_stop():
    """A later leg's stop does not begin it anew."""
    state = given(*FIRST_LEG, leg_finished, SECOND_LEG[0]).state
    assert isinstance(state, s.Stopped)
    assert state.last_healthy_at == stopped.last_healthy_at


def test_cancelling_between_legs_is_a_rollback():
    """The database was migrated once already."""
    state = given(*FIRST_LEG, leg_finished).when(cancel).then(e.RollbackStarted(UP, "cancel"))
    assert isinstance(state, s.RollingBack)
    assert state.back.migrated


def test_a_leg_migrates_before_it_is_verified():
    """The end of a leg follows from its migration only."""
    given(*FIRST_LEG[:-1]).when(report(leg_finished)).refuses("superseded")
    assert FIRST_LEG[-1] == migrated
