"""How far each step is, event by event."""

from functools import reduce

import pytest

from astrolabe.domain.plans.rollback_point import Writes
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades.events import Event
from astrolabe.domain.upgrades.steps import FRESH, StepState, steps_after
from astrolabe.domain.words import Step
from tests.domain.samples import AT, HISTORIES, PROBLEM, REQUESTED, SUCCEEDED
from tests.domain.test_views import recorded

BEGUN = [*REQUESTED, e.StepStarted("u", 1, "preflight", "w", 1)]


def told(*history: Event) -> dict[str, StepState]:
    """Fold a history; return the steps by name."""
    steps = reduce(steps_after, recorded(history), FRESH)
    return {each.step: each for each in steps}


def test_a_fresh_upgrade_has_all_five_steps_to_do() -> None:
    """Nothing has begun, and a way back is not among the steps."""
    assert [(each.step, each.status) for each in told(*REQUESTED).values()] == [
        (step, "todo") for step in ("preflight", "backup", "pull", "migrate", "verify")
    ]


def test_a_step_runs_from_its_first_beginning_to_its_fact() -> None:
    """A second worker takes it up where the first died; it began when it first did."""
    taken_up = told(*BEGUN, e.StepStarted("u", 1, "preflight", "w2", 2))["preflight"]
    first = told(*BEGUN)["preflight"]
    assert taken_up == first
    assert (first.status, first.ended_at) == ("running", None)
    refused = told(*BEGUN, e.UpgradeRefused("u", PROBLEM, AT))["preflight"]
    assert refused.status == "failed"
    assert refused.began_at
    assert refused.ended_at
    assert refused.ended_at > refused.began_at


@pytest.mark.parametrize("step", ["backup", "pull"])
def test_a_failed_step_is_told(step: Step) -> None:
    """The step that failed is marked; what comes after it stays to do."""
    steps = told(*REQUESTED, e.StepStarted("u", 1, step, "w", 1), e.UpgradeFailed("u", step, PROBLEM, AT))
    assert steps[step].status == "failed"
    assert steps["verify"].status == "todo"


def test_a_failed_migration_leads_to_a_rollback() -> None:
    """The step is marked, and the way back stands beside the five."""
    steps = told(*REQUESTED, e.StepStarted("u", 1, "migrate", "w", 1), e.RollbackStarted("u", "failure", "migrate"))
    assert (steps["migrate"].status, steps["rollback"].status) == ("failed", "running")


def test_what_was_called_off_failed_nowhere() -> None:
    """A cancel after the stop is a rollback; the step under way was called off."""
    steps = told(*REQUESTED, e.StepStarted("u", 1, "migrate", "w", 1), e.RollbackStarted("u", "cancel"))
    assert (steps["migrate"].status, steps["rollback"].status) == ("cancelled", "running")
    assert told(*BEGUN, e.UpgradeCancelled("u", AT))["preflight"].status == "cancelled"


def test_a_retry_begins_anew() -> None:
    """Nothing of the first attempt is left in the steps."""
    assert told(*BEGUN, e.UpgradeRefused("u", PROBLEM, AT), e.UpgradeRetried("u", 2, "1.0.0")) == told(*REQUESTED)


@pytest.mark.parametrize("history", HISTORIES.values(), ids=[kind.__name__ for kind in HISTORIES])
def test_a_step_that_ended_had_an_end_after_its_beginning(history: tuple[Event, ...]) -> None:
    """In every history that there can be, times go forward, and nothing runs once it has ended."""
    for each in told(*history).values():
        assert (each.ended_at is None) == (each.status in {"todo", "running"})
        assert each.began_at is None or each.ended_at is None or each.began_at <= each.ended_at


def test_a_way_back_that_was_called_off_failed_and_the_version_stays_verified() -> None:
    """Nothing runs afterwards; what an automatic way back turned from is verified after all."""
    back, off = e.StepStarted("u", 1, "rollback", "w", 1), e.RollbackCalledOff("u", PROBLEM, Writes(1))
    resumed = e.UpgradeResumed("u", "6.10.1", AT, ())
    asked = told(*REQUESTED, e.StepStarted("u", 1, "verify", "w", 1), SUCCEEDED[-1], back, off, back, resumed)
    turned = e.RollbackStarted("u", "failure", "verify", PROBLEM, Writes(0))
    itself = told(*REQUESTED, e.StepStarted("u", 1, "verify", "w", 1), turned, back, off, back, resumed)
    for steps in (asked, itself):
        assert (steps["verify"].status, steps["rollback"].status) == ("done", "failed")
    unwell = told(*REQUESTED, turned, back, off, back, e.UpgradeUnwell("u", "6.10.1", PROBLEM, Writes(1), AT))
    assert (unwell["verify"].status, unwell["rollback"].status) == ("failed", "failed")
