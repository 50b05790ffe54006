"""Adopting: a worker finds out what runs, and looks again at what is said to run."""

import pytest
from msgspec.structs import replace

from astrolabe.domain.instances.observation import Observation, Unobserved
from astrolabe.domain.problem import at_first
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import Adopt, Reconfigure, Register
from astrolabe.domain.upgrades.identity_of import identity_of
from astrolabe.domain.upgrades.instance import Newcomer
from tests.domain.given import given
from tests.domain.samples import (
    ADOPTING,
    AT,
    BUSY,
    CONFIG,
    COPY,
    DUMP,
    HISTORIES,
    IDLE,
    LATER,
    PROBLEM,
    ROLLED_BACK,
    SUCCEEDED,
    UNADOPTED,
    UP,
    WITHDRAWN,
    adopted,
    adoption_requested,
    drift_accepted,
    never_ran,
    observed,
    rename,
    renamed,
    report,
    request,
    request_rollback,
    requested,
    retire,
    retired,
    unadopted,
    unobserved,
    unversioned,
)

MOVED = replace(CONFIG, port=4300)
REFUSED_LATER = replace(unadopted, attempt=2)
ADOPTED_LATER = replace(adopted, attempt=2)


def test_without_a_version_a_worker_has_to_look():
    """Nobody knows the version, so the instance is being adopted."""
    state = given().when(Register(CONFIG)).then(unversioned)
    assert state == s.Adopting(Newcomer(CONFIG), 1)


def test_what_was_found_is_what_the_log_believes():
    """Version and kind are those that the worker saw, and it was seen just now."""
    state = given(*ADOPTING).when(report(adopted)).then(adopted)
    assert isinstance(state, s.Idle)
    assert (state.instance.version, state.instance.config) == ("5.6.0", CONFIG)
    assert state.instance.observed == Observation("5.6.0", adopted.seen, AT)
    assert state.instance.in_sync
    for kind in ("cli", "compose"):  # what was registered says nothing of a prefix or a project
        given(*ADOPTING).when(report(replace(adopted, kind=kind))).refuses("superseded")


def test_what_is_not_the_product_waits_for_a_person():
    """The refusal stays until somebody asks for another look, and that look may find it."""
    state = given(*ADOPTING).when(report(unadopted)).then(unadopted)
    assert state == s.Unadopted(Newcomer(CONFIG), 1, PROBLEM)
    again = given(*UNADOPTED).when(Adopt(AT)).then(adoption_requested)
    assert again == s.Adopting(Newcomer(CONFIG), 2)
    given(*UNADOPTED, adoption_requested).when(report(ADOPTED_LATER)).then(ADOPTED_LATER)


@pytest.mark.parametrize("todo", ["Start it, then retry.", "Start it, then adopt it again.", "Start it."])
def test_what_is_done_first_is_said_once_and_then_the_command_of_here(todo):
    """A step says what comes after it for an upgrade; an adoption has a command of its own."""
    assert at_first(todo) == "Start it."


@pytest.mark.parametrize("fact", [adopted, unadopted], ids=["adopted", "refused"])
def test_a_look_that_began_earlier_counts_no_more(fact):
    """Since then the instance is reached in another way, or somebody asked for another look."""
    given(*UNADOPTED, adoption_requested).when(report(fact)).refuses("superseded")
    given(*ADOPTING, e.InstanceReconfigured(MOVED)).when(report(fact)).refuses("superseded")


@pytest.mark.parametrize("history", [ADOPTING, UNADOPTED], ids=["adopting", "unadopted"])
def test_reaching_it_in_another_way_leads_to_another_look(history):
    """A wrong port is mended by the right one; name, product and kind stay."""
    state = given(*history).when(Reconfigure(MOVED)).then(e.InstanceReconfigured(MOVED))
    assert state == s.Adopting(Newcomer(MOVED), 2)
    given(*history).when(Reconfigure(replace(CONFIG, name="other"))).refuses("fixed-at-registration")


@pytest.mark.parametrize("history", [ADOPTING, UNADOPTED], ids=["adopting", "unadopted"])
def test_it_may_be_given_up_before_anybody_knows_what_runs(history):
    """Nothing more is asked of it then, and another may have its name."""
    state = given(*history).when(retire).then(never_ran)
    assert state == s.Withdrawn(Newcomer(CONFIG), name_free=True)
    assert identity_of(state) == ()
    assert identity_of(given(*history, retired).state) == ("name flags",)  # as it was before that was recorded
    given(*WITHDRAWN).when(retire).refuses("instance-retired")
    given(*WITHDRAWN).when(Adopt(AT)).refuses("nothing-to-adopt")


@pytest.mark.parametrize("history", [ADOPTING, UNADOPTED], ids=["adopting", "unadopted"])
def test_a_mistyped_name_is_changed_while_nobody_knows_what_runs(history):
    """The look under way goes on, and counts."""
    was = given(*history)
    state = was.when(rename).then(renamed)
    assert state == replace(was.state, instance=Newcomer(replace(CONFIG, name="shop")))


def test_no_upgrade_is_asked_for_while_nobody_knows_the_version():
    """The refusals say whom to wait for, and what to do."""
    assert "The worker on local" in given(*ADOPTING).when(request).refuses("instance-adopting").detail
    assert "Look at its log." in given(*UNADOPTED).when(request).refuses("instance-unadopted").detail
    given(*ADOPTING).when(Adopt(AT)).then_nothing()


@pytest.mark.parametrize("history", [IDLE, SUCCEEDED], ids=["idle", "succeeded"])
def test_only_what_was_refused_is_looked_at_again(history):
    """What the log knows is not adopted anew."""
    given(*history).when(Adopt(AT)).refuses("nothing-to-adopt")


@pytest.mark.parametrize("history", [IDLE, SUCCEEDED], ids=["idle", "succeeded"])
def test_what_was_changed_by_hand_is_vouched_for(history):
    """What was seen becomes the version; the way back leads over no change by hand, and is kept aside."""
    was = given(*history).state
    state = given(*history, observed).when(Adopt(AT)).then(drift_accepted)
    assert isinstance(was, s.Idle)
    assert isinstance(state, s.Idle)
    assert (state.instance.version, state.instance.in_sync, state.instance.rollback_point) == ("5.7.0", True, None)
    aside = {kept.name for kept in state.instance.kept} - {kept.name for kept in was.instance.kept}
    assert aside == ({COPY.database, DUMP.path} if was.instance.rollback_point else set())
    given(*history, observed, drift_accepted).when(request_rollback).refuses("no-rollback-point")
    given(*history, observed, drift_accepted).when(Adopt(AT)).refuses("nothing-to-adopt")


def test_nobody_vouches_for_what_does_not_run():
    """Where nothing was seen to run there is no version to take."""
    gone = replace(observed, version=None, seen="nothing serves on port 4242")
    given(*IDLE, gone).when(Adopt(AT)).refuses("nothing-to-adopt")


def test_what_is_seen_otherwise_is_recorded_once():
    """Another version is news, the same again is not, and neither version nor way back change by looking."""
    was = given(*SUCCEEDED).state
    state = given(*SUCCEEDED).when(report(observed)).then(observed)
    assert isinstance(was, s.Idle)
    assert state == s.Idle(replace(was.instance, observed=Observation("5.7.0", observed.seen, AT), seen_running=True))
    again = replace(observed, at=LATER)
    given(*SUCCEEDED, observed).when(report(again)).refuses("superseded")
    gone = replace(observed, version=None, seen="nothing serves on port 4242")
    given(*SUCCEEDED, observed).when(report(gone)).then(gone)


def test_an_instance_that_cannot_be_looked_at_is_said_to_be_so_once():
    """Until somebody can look again, which is recorded also where the same is seen as before."""
    state = given(*IDLE, observed).when(report(unobserved)).then(unobserved)
    assert isinstance(state, s.Idle)
    assert state.instance.unobserved == Unobserved(unobserved.why, unobserved.since)
    given(*IDLE, observed, unobserved).when(report(replace(unobserved, at=LATER))).refuses("superseded")
    again = replace(observed, at=LATER)
    state = given(*IDLE, observed, unobserved).when(report(again)).then(again)
    assert isinstance(state, s.Idle)
    assert state.instance.unobserved is None
    given(*IDLE, observed, unobserved, again).when(report(again)).refuses("superseded")


def test_what_an_upgrade_saw_was_looked_at():
    """Whoever was upgraded, taken back or reconfigured is looked at anew."""
    for later in (SUCCEEDED[1:], ROLLED_BACK[1:], [e.InstanceReconfigured(MOVED)]):
        state = given(*IDLE, unobserved, *later).state
        assert isinstance(state, s.Idle)
        assert state.instance.unobserved is None


@pytest.mark.parametrize("busy", BUSY)
def test_nobody_looks_while_something_is_under_way(busy):
    """What runs then is the upgrade's own business."""
    given(*HISTORIES[busy]).when(report(observed)).refuses("superseded")


@pytest.mark.parametrize("end", [SUCCEEDED, ROLLED_BACK], ids=["succeeded", "rolled back"])
def test_what_was_seen_before_an_upgrade_says_nothing_after_it(end):
    """Nor after the instance is reached in another way."""
    state = given(*IDLE, observed, *end[1:]).state
    assert isinstance(state, s.Idle)
    assert state.instance.observed is None
    moved = given(*IDLE, observed, e.InstanceReconfigured(MOVED)).state
    assert isinstance(moved, s.Idle)
    assert moved.instance.observed is None


def test_an_upgrade_begins_where_the_adoption_ended():
    """The version that was found is the one to come from."""
    given(*ADOPTING, adopted).when(request).then(requested)
    assert requested.upgrade_id == UP
