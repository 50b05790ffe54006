"""The rows of the lists, event by event."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from astrolabe.domain.recorded import Cause, Recorded
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.decider import INSTANCE_DECIDER
from astrolabe.domain.upgrades.instance_row import InstanceRow, instance_row, instance_status
from astrolabe.domain.upgrades.upgrade_row import DONE, UpgradeRow, upgrade_row
from tests.domain.samples import (
    ADOPTING,
    APPROVED,
    ASSESSING,
    AT,
    BEGUN,
    BUSY,
    HISTORIES,
    IDLE,
    INCONSISTENT,
    LATER,
    MIGRATED,
    PLANNED,
    PROBLEM,
    PULLED,
    REQUESTED,
    RESUMING,
    RETENTION,
    ROLLED_BACK,
    ROLLING_BACK,
    SUCCEEDED,
    TOUCHED,
    UNADOPTED,
    UP,
    WAITING,
    adopted,
    cancelled,
    discarded,
    expired,
    observed,
    planned,
    refused,
    registered,
    rejected,
    requested,
    resumed,
    retried,
    rollback_begun,
    rollback_refused,
    turned_back,
    unobserved,
    unwell,
)

replay = INSTANCE_DECIDER.replay
INSTANCE = "0190f000-0000-7000-8000-00000000000a"
BY = Cause("ci", "because", "api")


def recorded(history):
    """Put a history into its envelopes, a second apart."""
    return [
        Recorded(INSTANCE, nth, f"event-{nth}", BY, AT + timedelta(seconds=nth), event, "")
        for nth, event in enumerate(history, 1)
    ]


def folded(history: Sequence[e.Event]) -> UpgradeRow | None:
    """Fold a history into the row of its upgrade, where there is one."""
    row = None
    for each in recorded(history):
        row = upgrade_row(row, each)
    return row


def upgrade(history: Sequence[e.Event]) -> UpgradeRow:
    """Fold a history into the row of its upgrade."""
    row = folded(history)
    assert row
    return row


def instance(history: Sequence[e.Event]) -> InstanceRow:
    """Return the row of an instance after a history."""
    row = instance_row(replay(history), recorded(history)[-1])
    assert row
    return row


STATUS = {
    s.Absent: "idle",
    s.Adopting: "adopting",
    s.Unadopted: "unadopted",
    s.Withdrawn: "retired",
    s.Idle: "idle",
    s.Retired: "retired",
    s.Inconsistent: "inconsistent",
    s.Waiting: "awaiting_approval",
    s.Assessing: "rolling_back",
    s.RollingBack: "rolling_back",
    s.Resuming: "rolling_back",
    s.Restored: "rolling_back",
} | dict.fromkeys((*BEGUN, *TOUCHED, s.Serving), "upgrading")


@pytest.mark.parametrize("state", HISTORIES)
def test_the_status_of_an_instance(state):
    """Each state is told in one word."""
    assert instance_status(replay(HISTORIES[state])) == STATUS[state]


def test_an_absent_instance_has_no_row():
    """What was never registered is in no list."""
    assert instance_row(s.Absent(), recorded([registered])[0]) is None


def test_the_row_of_a_busy_instance():
    """A busy instance tells its upgrade and what is due, as of its last event."""
    row = instance(PULLED)
    assert row == InstanceRow(
        INSTANCE,
        "flags",
        "unleash",
        "npx",
        "local",
        "5.6.0",
        "upgrading",
        UP,
        "stop",
        None,
        len(PULLED),
        AT + timedelta(seconds=len(PULLED)),
    )


@pytest.mark.parametrize("state", BUSY)
def test_something_is_due_on_every_busy_instance(state):
    """The reconcile loop finds each busy instance by its row."""
    row = instance(HISTORIES[state])
    assert row.due is not None
    assert row.upgrade_id == UP


@pytest.mark.parametrize(
    ("history", "ended"),
    [
        ([registered], None),
        ([registered, requested], None),
        ([registered, requested, refused], "refused"),
        ([registered, requested, refused, retried], "refused"),
    ],
)
def test_a_row_says_how_the_last_upgrade_ended(history, ended):
    """An instance that an upgrade left behind is not like one that none was asked for."""
    assert instance(history).last_outcome == ended


def test_the_row_of_an_instance_at_rest():
    """At rest there is no upgrade in the way, and only what is kept will be due."""
    row = instance(ROLLED_BACK)
    assert (row.status, row.upgrade_id, row.due, row.due_at) == ("idle", None, None, AT + RETENTION)
    assert instance((*ROLLED_BACK, discarded)).due_at == AT + RETENTION
    assert instance(SUCCEEDED).version == "6.10.1"
    assert instance(INCONSISTENT).due is None


def test_the_row_of_an_instance_tells_whether_it_is_in_sync():
    """Nobody looked, something else was seen, the right version was seen, and forgotten by an upgrade."""
    right = e.InstanceObserved("5.6.0", "unleash 5.6.0 serves on port 4242", AT)
    assert instance(IDLE).in_sync is None
    assert instance((*IDLE, observed)).in_sync is False
    assert instance((*IDLE, observed, right)).in_sync is True
    assert instance((*IDLE, right, *SUCCEEDED[1:])).in_sync is None
    assert instance((*IDLE, right, *ROLLED_BACK[1:])).in_sync is None


def test_the_row_of_an_instance_says_since_when_it_cannot_be_looked_at():
    """Until a worker sees something again."""
    assert instance((*IDLE, observed)).unobserved_since is None
    assert instance((*IDLE, observed, unobserved)).unobserved_since == unobserved.since
    assert instance((*IDLE, observed, unobserved, observed)).unobserved_since is None


def test_the_row_of_an_adoption_has_no_version():
    """A worker has to look first; what it finds is in the row."""
    row = instance(ADOPTING)
    assert (row.version, row.due, row.upgrade_id) == (None, "adopt", None)
    assert instance(UNADOPTED).due is None
    row = instance((*ADOPTING, adopted))
    assert (row.version, row.status, row.in_sync) == ("5.6.0", "idle", True)


def started(step):
    """Let a worker begin a step."""
    return e.StepStarted(UP, 1, step, "worker-1", 7)


@pytest.mark.parametrize(
    ("history", "status"),
    [
        (REQUESTED, "requested"),
        ((*REQUESTED, started("preflight")), "preflight"),
        (WAITING, "awaiting_approval"),
        (APPROVED, "approved"),
        ((*APPROVED, started("preflight")), "preflight"),
        ((*WAITING, rejected), "rejected"),
        ((*WAITING, expired), "expired"),
        ((*PLANNED, started("backup")), "backup"),
        ((*PULLED, started("migrate")), "migrate"),
        ((*MIGRATED, started("verify")), "verify"),
        (SUCCEEDED, "succeeded"),
        ((*REQUESTED, refused), "refused"),
        ((*PLANNED, e.UpgradeFailed(UP, "backup", PROBLEM, AT)), "failed"),
        ((*REQUESTED, cancelled), "cancelled"),
        (ROLLING_BACK, "rolling_back"),
        ((*ROLLING_BACK, started("rollback")), "rolling_back"),
        (ROLLED_BACK, "rolled_back"),
        (INCONSISTENT, "inconsistent"),
        (ASSESSING, "rolling_back"),
        ((*ASSESSING, rollback_begun), "rolling_back"),
        ((*ASSESSING, rollback_refused), "succeeded"),
        (RESUMING, "rolling_back"),
        ((*RESUMING, resumed), "succeeded"),
        ((*RESUMING, unwell), "unwell"),
        ((*ROLLED_BACK, retried), "requested"),
    ],
)
def test_the_status_of_an_upgrade(history, status):
    """Each event that means something to a reader changes the word."""
    row = upgrade(history)
    assert row.status == status
    ended = isinstance(replay(history), s.Idle | s.Inconsistent)
    assert (row.status in DONE) == ended


def test_the_row_of_an_upgrade_tells_who_asked_and_when():
    """Actor, reason and time of the request stay; the last change moves on."""
    row = upgrade(SUCCEEDED)
    assert (row.actor, row.reason, row.requested_at) == ("ci", "because", AT + timedelta(seconds=2))
    assert row.updated_at == AT + timedelta(seconds=len(SUCCEEDED))
    assert row.stream_version == len(SUCCEEDED)
    assert (row.from_version, row.target, row.to_version, row.downtime_ms) == ("5.6.0", "6.10.1", "6.10.1", 6200)


def test_latest_is_resolved_by_preflight():
    """Until preflight has resolved it, nobody knows which version the latest is."""
    asked = e.UpgradeRequested(UP, "5.6.0", "latest")
    assert upgrade([registered, asked]).to_version is None
    assert upgrade([registered, asked, planned]).to_version == "6.10.1"


@pytest.mark.parametrize(
    "history",
    [
        (*REQUESTED, refused),
        (*PLANNED, e.UpgradeFailed(UP, "backup", PROBLEM, AT)),
        ROLLED_BACK,
        INCONSISTENT,
        (*ASSESSING, rollback_refused),
        RESUMING,
        (*RESUMING, resumed),
    ],
)
def test_an_upgrade_tells_its_problem(history):
    """What went wrong stands in the row."""
    row = upgrade(history)
    assert (row.problem_code, row.problem_detail) == (PROBLEM.code, PROBLEM.detail)


def test_a_retry_forgets_the_problem_and_the_downtime():
    """A new attempt begins with a clean row."""
    row = upgrade((*ROLLED_BACK, retried))
    assert (row.attempt, row.problem_code, row.problem_detail, row.downtime_ms) == (2, None, None, None)


def test_a_cancelled_rollback_has_no_problem():
    """A rollback that somebody asked for is no failure."""
    history = (*MIGRATED, e.RollbackStarted(UP, "cancel"))
    assert upgrade(history).problem_code is None
    assert upgrade((*MIGRATED, turned_back)).problem_code == PROBLEM.code


def test_events_of_no_upgrade_have_no_upgrade_row():
    """Registration and retention belong to the instance alone."""
    assert folded([registered]) is None
    assert folded([registered, cancelled]) is None
    assert folded([registered, e.UpgradeCancelled(UP, LATER)]) is None
