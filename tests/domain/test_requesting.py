"""Requesting and retrying an upgrade."""

import pytest

from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import RequestUpgrade, Retry
from astrolabe.domain.upgrades.instance import LastUpgrade, Run
from tests.domain.given import given, instance_of
from tests.domain.samples import (
    AT,
    BUSY,
    HISTORIES,
    IDLE,
    INCONSISTENT,
    NEXT,
    PLANNED,
    PROBLEM,
    REQUESTED,
    RETIRED,
    ROLLED_BACK,
    SUCCEEDED,
    UP,
    cancelled,
    refused,
    request,
    requested,
    retried,
    retry,
    rollback_refused,
    rollback_requested,
    second,
)


@pytest.mark.parametrize("target", ["5.6.1", "6.10.1", "5.7.0-rc.1", "latest"])
def test_a_newer_version_may_be_requested(target):
    """Every version ahead of the running one may be asked for, and so may the latest."""
    state = given(*IDLE).when(RequestUpgrade(UP, target)).then(e.UpgradeRequested(UP, "5.6.0", target))
    assert isinstance(state, s.Requested)
    assert state.run == Run(UP, 1, "5.6.0", target)


def test_the_running_version_is_refused():
    """An upgrade to what already runs is no upgrade."""
    given(*IDLE).when(RequestUpgrade(UP, "5.6.0")).refuses("already-at-version")


@pytest.mark.parametrize("target", ["5.5.9", "5.6.0-rc.1", "0.0.1"])
def test_an_older_version_is_refused(target):
    """The way back is a rollback, never an upgrade."""
    assert "rollback" in given(*IDLE).when(RequestUpgrade(UP, target)).refuses("not-newer").detail


@pytest.mark.parametrize("busy", BUSY)
def test_a_busy_instance_refuses_and_names_the_upgrade_in_the_way(busy):
    """No two upgrades overlap."""
    refusal = given(*HISTORIES[busy]).when(RequestUpgrade(NEXT, "9.0.0")).refuses("instance-busy")
    assert refusal.facts == {"upgrade_id": UP}


def test_absent_retired_and_inconsistent_instances_refuse():
    """Only an idle instance is upgraded."""
    given().when(request).refuses("instance-unknown")
    given(*RETIRED).when(request).refuses("instance-retired")
    given(*INCONSISTENT).when(request).refuses("instance-inconsistent")


ENDED = {
    "refused": (*REQUESTED, refused),
    "failed": (*PLANNED, e.UpgradeFailed(UP, "backup", PROBLEM, AT)),
    "cancelled": (*REQUESTED, cancelled),
    "rolled_back": ROLLED_BACK,
}


@pytest.mark.parametrize("outcome", ENDED)
def test_what_ended_without_success_is_retried_from_preflight(outcome):
    """A retry is the same upgrade, one attempt later, from the version that runs now."""
    was = given(*ENDED[outcome])
    assert instance_of(was.state).last == LastUpgrade(Run(UP, 1, "5.6.0", "6.10.1", ("alice",)), outcome)
    state = was.when(retry).then(retried)
    assert isinstance(state, s.Requested)
    assert state.run == Run(UP, 2, "5.6.0", "6.10.1", ("alice",))


def test_a_second_retry_is_the_third_attempt():
    """Attempts are counted through all retries."""
    given(*ENDED["refused"]).and_then(retried, refused).when(retry).then(e.UpgradeRetried(UP, 3, "5.6.0"))


@pytest.mark.parametrize("history", [SUCCEEDED, (*SUCCEEDED, rollback_requested, rollback_refused)])
def test_a_success_is_not_retried(history):
    """What succeeded stays done, also after a rollback of it was refused."""
    given(*history).when(retry).refuses("cannot-retry")


@pytest.mark.parametrize("busy", BUSY)
def test_what_is_under_way_is_not_retried(busy):
    """A retry waits for the end."""
    given(*HISTORIES[busy]).when(retry).refuses("cannot-retry")


def test_only_the_latest_upgrade_is_retried():
    """Another upgrade's id, or one of an instance without any, is refused."""
    for history in ((), IDLE, RETIRED, SUCCEEDED, REQUESTED, INCONSISTENT):
        given(*history).when(Retry(NEXT)).refuses("upgrade-not-current")
    given(*SUCCEEDED, *second(REQUESTED)).when(retry).refuses("upgrade-not-current")


def test_a_retry_to_a_version_that_runs_by_now_is_refused():
    """What a retry would lead to is checked anew."""
    registered_newer = e.InstanceRegistered(instance_of(given(*IDLE).state).config, "6.10.1")
    given(registered_newer, requested, refused).when(retry).refuses("already-at-version")


def test_a_retired_instance_retries_nothing():
    """Nothing is asked of a retired instance, its last upgrade included."""
    given(*ENDED["refused"], e.InstanceRetired()).when(retry).refuses("cannot-retry")
