"""What workers report: the facts of the steps, and their failures."""

import pytest
from msgspec.structs import replace

from astrolabe.domain.plans.plan import Plan
from astrolabe.domain.plans.rollback_point import Writes
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import Beginner, Report
from astrolabe.domain.upgrades.expected import FOLLOWS, step_due
from astrolabe.domain.words import STEPS, Step
from tests.domain.given import given, instance_of, rollback_point_of
from tests.domain.samples import (
    ASSESSING,
    BEGUN,
    BUSY,
    BY_HAND,
    COPIED,
    COPY,
    COUNTERS,
    DUMP,
    EVENTS,
    HISTORIES,
    LATER,
    NEW,
    NEXT,
    OLD,
    PLAN,
    PLANNED,
    PROBLEM,
    PULLED,
    REQUESTED,
    RESTORED,
    RETURNING,
    SERVING,
    STOPPED,
    TOUCHED,
    UP,
    backed_up,
    copied,
    cut_over,
    fail,
    migrate_started,
    migrated,
    migration_started,
    planned,
    pulled,
    registered,
    report,
    stopped,
    succeeded,
    verified,
    without_database,
)

# These follow from histories of their own: see test_legs.py, test_cutover.py and test_calling_off.py.
APART = (e.LegFinished, e.CutOver, e.RollbackCalledOff)
FACTS = [event for event in EVENTS if isinstance(event, tuple(FOLLOWS)) and not isinstance(event, APART)]
IN_SOME_HISTORIES = {
    (e.UpgradeSucceeded, s.Migrated),
    (e.RollbackStarted, s.Serving),
    (e.InstanceTakenOver, s.RollingBack),
}
STEP_OF: dict[type[s.State], Step] = {
    kind: step_due(state) for kind in BUSY if isinstance(state := given(*HISTORIES[kind]).state, s.Busy)
}


def test_the_way_forward():
    """Each step reports its fact, and each fact makes the next step due."""
    way = [
        (planned, s.Planned),
        (backed_up, s.BackedUp),
        (pulled, s.Pulled),
        (migrate_started, s.Stopping),
        (stopped, s.Stopped),
        (copied, s.Copied),
        (migration_started, s.Migrating),
        (migrated, s.Migrated),
        (verified, s.Verified),
        (cut_over, s.Serving),
        (succeeded, s.Idle),
    ]
    now = given(*REQUESTED)
    for fact, state in way:
        assert type(now.when(report(fact)).then(fact)) is state
        now = now.and_then(fact)
    assert instance_of(now.state).version == "6.10.1"


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: type(fact).__name__)
@pytest.mark.parametrize("state", HISTORIES)
def test_a_fact_is_recorded_in_its_own_state_only(fact, state):
    """Whatever is reported out of turn was superseded."""
    when = given(*HISTORIES[state]).when(report(fact))
    if state in FOLLOWS[type(fact)] and (type(fact), state) not in IN_SOME_HISTORIES:
        when.then(fact)
    else:
        when.refuses("superseded")


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: type(fact).__name__)
def test_a_fact_of_another_upgrade_is_superseded(fact):
    """A late worker of an earlier upgrade records nothing."""
    given(*HISTORIES[FOLLOWS[type(fact)][0]]).when(report(replace(fact, upgrade_id=NEXT))).refuses("superseded")


@pytest.mark.parametrize(
    ("state", "fact", "begins"),
    [
        (s.Requested, planned, "backup"),
        (s.Planned, backed_up, "pull"),
        (s.BackedUp, pulled, None),
        (s.Stopping, stopped, None),
        (s.Stopped, copied, None),
        (s.Copied, migration_started, None),
        (s.Migrating, migrated, "verify"),
        (s.Migrated, verified, None),
        (s.Verified, cut_over, None),
        (s.Serving, succeeded, None),
    ],
)
def test_a_worker_that_goes_on_begins_the_next_step_with_the_end_of_the_last(state, fact, begins):
    """Both are recorded at once; but the start of the migration stays apart, for until then cancelling is free."""
    begun = [e.StepStarted(UP, 1, begins, "worker-1", 7)] if begins else []
    given(*HISTORIES[state]).when(Report(fact, Beginner("worker-1", 7))).then(fact, *begun)


@pytest.mark.parametrize("state", BUSY)
def test_only_the_step_that_is_due_starts_and_progresses(state):
    """A step that is not due neither starts nor makes progress."""
    for step in (*STEPS, "rollback"):
        for fact in (e.StepStarted(UP, 1, step, "worker-1", 7), e.StepProgressed(UP, step, "half way", 1, 2)):
            when = given(*HISTORIES[state]).when(Report(fact))
            if step == STEP_OF[state]:
                when.then(fact)
            else:
                when.refuses("superseded")


@pytest.mark.parametrize("state", [each for each in BUSY if each is not s.Pulled])
def test_starting_and_progressing_moves_nothing(state):
    """A step that has begun is still due, so that another worker may take it over."""
    was = given(*HISTORIES[state])
    step = STEP_OF[state]
    told = was.and_then(e.StepStarted(UP, 1, step, "worker-1", 7), e.StepProgressed(UP, step, "half way"))
    assert told.state == was.state


def test_progress_before_the_stop_moves_nothing():
    """Only the start of the migration makes the instance count as stopped."""
    assert given(*PULLED, e.StepProgressed(UP, "migrate", "soon")).state == given(*PULLED).state


@pytest.mark.parametrize("state", BUSY)
@pytest.mark.parametrize("step", [*STEPS, "rollback"])
def test_failing(state, step):
    """Before the stop nothing is touched; after it the way is back; on the way back only a person helps."""
    when = given(*HISTORIES[state]).when(fail(step))
    if step != STEP_OF[state]:
        when.refuses("superseded")
    elif state in {s.Requested, s.Approved}:
        assert isinstance(when.then(e.UpgradeRefused(UP, PROBLEM, LATER)), s.Idle)
    elif state in BEGUN:
        assert isinstance(when.then(e.UpgradeFailed(UP, step, PROBLEM, LATER)), s.Idle)
    elif state in TOUCHED:
        assert isinstance(when.then(e.RollbackStarted(UP, "failure", step, PROBLEM)), s.RollingBack)
    elif state is s.Serving:
        unknown = e.UpgradeUnwell(UP, "6.10.1", PROBLEM, Writes(None), LATER)
        assert isinstance(when.then(unknown), s.Idle)
    elif state is s.Assessing:
        assert isinstance(when.then(e.RollbackRefused(UP, PROBLEM, Writes(None))), s.Idle)
    elif state is s.Resuming:
        assert isinstance(when.then(e.UpgradeUnwell(UP, "6.10.1", PROBLEM, COUNTERS, LATER)), s.Idle)
    else:
        assert state in RETURNING
        assert isinstance(when.then(e.InstanceInconsistent(UP, PROBLEM, LATER, (BY_HAND,))), s.Inconsistent)


@pytest.mark.parametrize("state", HISTORIES)
def test_failures_of_another_upgrade_are_superseded(state):
    """A late worker of an earlier upgrade fails nothing."""
    for step in (*STEPS, "rollback"):
        given(*HISTORIES[state]).when(fail(step, NEXT)).refuses("superseded")


def test_a_database_is_dumped_and_copied_before_anything_changes_it():
    """An instance with a database goes no further without its dump and its copy."""
    given(*PLANNED).when(report(e.BackupTaken(UP, None))).refuses("superseded")
    given(*STOPPED).when(report(e.DatabaseCopied(UP, None))).refuses("superseded")


def test_an_instance_without_a_database_has_neither_dump_nor_copy():
    """Where there is no database there is nothing to dump or to copy."""
    bare = without_database
    given(*bare(PLANNED)).when(report(e.BackupTaken(UP, None))).then(e.BackupTaken(UP, None))
    given(*bare(STOPPED)).when(report(e.DatabaseCopied(UP, None))).then(e.DatabaseCopied(UP, None))
    given(*bare(PLANNED)).when(report(e.BackupTaken(UP, DUMP))).refuses("superseded")
    given(*bare(STOPPED)).when(report(e.DatabaseCopied(UP, COPY))).refuses("superseded")


def test_a_plan_leads_from_the_running_version_to_the_wanted_one():
    """A plan from or to another version is not this upgrade's plan."""
    other = replace(NEW, version="6.0.0")
    for plan in (Plan(OLD, other), Plan(other, NEW)):
        given(*REQUESTED).when(report(e.PreflightPassed(UP, plan))).refuses("superseded")
    latest = given(registered, e.UpgradeRequested(UP, "5.6.0", "latest"))
    latest.when(report(e.PreflightPassed(UP, Plan(OLD, other)))).then(e.PreflightPassed(UP, Plan(OLD, other)))


def test_an_upgrade_ends_on_the_planned_version_or_on_the_old_one():
    """No report puts the instance on a third version."""
    given(*SERVING).when(report(replace(succeeded, version="6.0.0"))).refuses("superseded")
    back = e.UpgradeRolledBack(UP, PLAN.new.version, LATER, ())
    given(*RESTORED).when(report(back)).refuses("superseded")


def test_a_migration_begins_only_with_a_rollback_point():
    """The new version is started after the copy, never before it."""
    given(*STOPPED).when(report(migration_started)).refuses("superseded")
    given(*COPIED).when(report(migration_started)).then(migration_started)


def test_success_leaves_a_rollback_point():
    """The old artifact, the copy, the dump and the counters of that moment take the instance back."""
    point = rollback_point_of(given(*SERVING, succeeded).state)
    assert point is not None
    assert (point.upgrade_id, point.artifact, point.copy, point.dump) == (UP, OLD, COPY, DUMP)
    assert point.counters == succeeded.counters
    assert point.taken_at == succeeded.at


def test_what_is_assessed_is_the_rollback_point():
    """The counting before a rollback looks at the rollback point that success left."""
    state = given(*ASSESSING).state
    assert isinstance(state, s.Assessing)
    assert state.point == rollback_point_of(state)
