"""Approving, rejecting, expiring, and the review of what could not wait."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from astrolabe.domain.plans.approval import Approval, ApprovalPolicy
from astrolabe.domain.plans.plan import Plan
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import Approve, Beginner, Reject, Report, RequestUpgrade, Retry, Review
from astrolabe.domain.upgrades.instance import LastUpgrade, Run
from astrolabe.domain.upgrades.reconcile import Action, Expiry, due, due_at
from tests.domain.given import given
from tests.domain.samples import (
    APPROVED,
    AT,
    CONFIG,
    EMERGENCY,
    HISTORIES,
    IDLE,
    LATER,
    NEW,
    NEWER,
    NEXT,
    OLD,
    PLAN,
    REQUESTED,
    STRICT,
    SUCCEEDED,
    UNVERSIONED,
    UP,
    WAITING,
    approval_requested,
    approve,
    approved,
    backed_up,
    cancel,
    cancelled,
    copied,
    expired,
    fail,
    in_emergency,
    migrate_started,
    migrated,
    migration_started,
    overdue,
    planned,
    pulled,
    refused,
    rejected,
    report,
    requested,
    retry,
    review_requested,
    reviewed,
    stopped,
    succeeded,
)

UNTIL = approval_requested.until
DONE = (backed_up, pulled, migrate_started, stopped, copied, migration_started, migrated, succeeded)


def registered(policy: ApprovalPolicy) -> e.InstanceRegistered:
    """Register an instance whose upgrades wait by this policy."""
    return e.InstanceRegistered(replace(CONFIG, approvals=policy), "5.6.0")


def plan(breaking: tuple[str, ...] | None) -> e.PreflightPassed:
    """Pass preflight with what is known about breaking releases."""
    return e.PreflightPassed(UP, replace(PLAN, breaking=breaking), AT)


def test_a_strict_instance_waits_after_preflight():
    """Preflight passes, and nothing more is due until somebody else approves."""
    state = given(registered(ApprovalPolicy("always", expires_hours=72)), requested).when(report(planned))
    waiting = state.then(planned, approval_requested)
    assert isinstance(waiting, s.Waiting)
    assert due(waiting, AT) is None
    assert due_at(waiting) == UNTIL


@pytest.mark.parametrize(
    ("when", "breaking", "waits"),
    [
        ("never", ("6.0.0",), False),
        ("never", None, False),
        ("breaking", (), False),
        ("breaking", ("6.0.0",), True),
        ("breaking", None, True),
        ("always", (), True),
    ],
)
def test_the_policy_says_which_plans_wait(when, breaking, waits):
    """Breaking releases only, and those of which nobody knows; or all; or none."""
    passed = plan(breaking)
    asks = (approval_requested,) if waits else ()
    given(registered(ApprovalPolicy(when)), requested).when(report(passed)).then(passed, *asks)


def test_a_worker_begins_no_step_while_a_plan_waits():
    """A preflight that ends with a question to people is followed by nothing of its worker's."""
    given(*WAITING[:2]).when(Report(planned, Beginner("worker-1", 7))).then(planned, approval_requested)


def test_somebody_else_approves_and_preflight_is_due_again():
    """One approver is enough where the policy says one; what preflight saw may be old by then."""
    state = given(*WAITING).when(approve).then(approved)
    assert isinstance(state, s.Approved)
    assert due(state, AT) == Action("preflight")


def test_the_requester_approves_nothing():
    """Nobody approves a request of their own, nor one they asked for again."""
    refusal = given(*WAITING).when(Approve(UP, "alice", AT)).refuses("approver-is-requester")
    assert "alice" in refusal.detail
    again = given(*WAITING, rejected).when(Retry(UP, "bob")).then(e.UpgradeRetried(UP, 2, "5.6.0", "bob"))
    assert isinstance(again, s.Requested)
    assert again.run.requesters == ("alice", "bob")
    given(*WAITING, rejected, e.UpgradeRetried(UP, 2, "5.6.0", "bob"), planned, approval_requested).when(
        approve
    ).refuses("approver-is-requester")


ALICE, BOB = "person:alice", "person:bob"
OF_ALICE = replace(requested, owner=ALICE)


def test_no_token_of_the_requesters_own_approves():
    """Four eyes are two people: another token of the same person sees no more than the first; nor of one service."""
    history = (WAITING[0], OF_ALICE, planned, approval_requested)
    refusal = given(*history).when(Approve(UP, "phone", AT, ALICE)).refuses("approver-is-requester")
    assert refusal.detail.startswith("person alice, whose token phone is, asked")
    given(*history).when(Approve(UP, "phone", AT, BOB)).then(replace(approved, approver="phone", owner=BOB))
    given(*history).when(Approve(UP, "robot", AT, "service:alice")).then(
        replace(approved, approver="robot", owner="service:alice")
    )
    given(*WAITING).when(Approve(UP, "phone", AT, ALICE)).then(replace(approved, approver="phone", owner=ALICE))


def test_whoever_asked_again_is_a_requester_too_with_every_token():
    """A retry adds its person to those who may not approve."""
    again = e.UpgradeRetried(UP, 2, "5.6.0", "laptop", BOB)
    ended = given(WAITING[0], OF_ALICE, planned, approval_requested, rejected)
    ended.when(Retry(UP, "laptop", BOB)).then(again)
    waiting = ended.and_then(again, planned, approval_requested)
    for owner in (ALICE, BOB):
        waiting.when(Approve(UP, "phone", AT, owner)).refuses("approver-is-requester")
    waiting.when(Approve(UP, "phone", AT, "person:carol")).then(
        replace(approved, approver="phone", owner="person:carol")
    )


def test_two_tokens_of_one_person_are_one_approver():
    """Where two must approve, they are two people."""
    asked, first = e.ApprovalRequested(UP, 2, UNTIL), e.UpgradeApproved(UP, "bob", AT, 1, PLAN.sha256, BOB)
    history = (registered(ApprovalPolicy("always", 2)), requested, planned, asked, first)
    given(*history).when(Approve(UP, "phone", AT, BOB)).refuses("already-approved")
    given(*history).when(Approve(UP, "phone", AT)).then(replace(approved, approver="phone"))


def test_no_token_of_their_own_reviews_an_emergency():
    """Whoever ran it has somebody else look at it."""
    history = (EMERGENCY[0], replace(in_emergency, owner=ALICE), *EMERGENCY[2:])
    given(*history).when(Review(UP, "phone", "accepted", AT, ALICE)).refuses("approver-is-requester")
    given(*history).when(Review(UP, "bob", "accepted", AT, BOB)).then(replace(reviewed, owner=BOB))


def test_two_approvers_are_two_people():
    """The same approver counts once; the last one missing completes it."""
    asked = e.ApprovalRequested(UP, 2, UNTIL)
    history = (registered(ApprovalPolicy("always", 2)), requested, planned, asked)
    first = e.UpgradeApproved(UP, "bob", AT, 1, PLAN.sha256)
    half = given(*history).when(approve).then(first)
    assert isinstance(half, s.Waiting)
    assert half.approvals == (Approval("bob", AT),)
    given(*history, first).when(approve).refuses("already-approved")
    assert isinstance(
        given(*history, first).when(Approve(UP, "carol", AT)).then(replace(approved, approver="carol")), s.Approved
    )


def test_an_approval_that_comes_too_late_is_refused():
    """The expiry holds even where no worker came by to record it."""
    given(*WAITING).when(Approve(UP, "bob", UNTIL)).refuses("approval-expired")
    given(*WAITING).when(Approve(UP, "bob", UNTIL - timedelta(seconds=1))).then(
        replace(approved, at=UNTIL - timedelta(seconds=1))
    )


def test_a_plan_that_nobody_approved_expires():
    """When its time has come the upgrade ends expired, and can be retried; not a moment before."""
    waiting = given(*WAITING)
    assert due(waiting.state, UNTIL - timedelta(seconds=1)) is None
    assert due(waiting.state, UNTIL) == Expiry("approval", UP)
    waiting.when(report(e.ApprovalExpired(UP, UNTIL - timedelta(seconds=1)))).refuses("superseded")
    state = waiting.when(report(expired)).then(expired)
    assert isinstance(state, s.Idle)
    assert state.instance.last == LastUpgrade(Run(UP, 1, "5.6.0", "6.10.1", ("alice",)), "expired")
    given(*WAITING, expired).when(Retry(UP, "alice")).then(e.UpgradeRetried(UP, 2, "5.6.0", "alice"))


def test_one_rejection_ends_it():
    """A no is final for this attempt, whoever says it."""
    for who in ("bob", "alice"):
        no = replace(rejected, approver=who)
        state = given(*WAITING).when(Reject(UP, who, AT)).then(no)
        assert isinstance(state, s.Idle)
        assert state.instance.last is not None
        assert state.instance.last.outcome == "rejected"


def test_cancelling_is_free_while_it_waits():
    """Nothing was touched, so nothing has to be taken back."""
    called_off = e.UpgradeCancelled(UP, LATER)
    for history in (WAITING, APPROVED):
        assert isinstance(given(*history).when(cancel).then(called_off), s.Idle)


@pytest.mark.parametrize("state", [state for state in HISTORIES if state not in {*UNVERSIONED, s.Waiting}])
def test_only_what_waits_is_approved_or_rejected(state):
    """An approval before the plan, or after the end, approves nothing."""
    history = HISTORIES[state] if state not in {s.Idle, s.Retired} else (*REQUESTED, refused)
    for command in (approve, Reject(UP, "bob", AT)):
        given(*history).when(command).refuses("not-awaiting-approval")


def test_only_the_latest_upgrade_is_approved():
    """Another upgrade's id is refused."""
    given(*WAITING).when(Approve(NEXT, "bob", AT)).refuses("upgrade-not-current")
    given(*IDLE).when(Reject(UP, "bob", AT)).refuses("upgrade-not-current")


def test_an_approved_plan_is_carried_out_as_it_was_approved():
    """The second preflight may see other things, but leads to the same artifacts or nowhere."""
    seen_anew = e.PreflightPassed(UP, replace(PLAN, checks=()), LATER)
    assert isinstance(given(*APPROVED).when(report(seen_anew)).then(seen_anew), s.Planned)
    for other in (Plan(OLD, NEWER), replace(PLAN, breaking=("6.0.0",)), replace(PLAN, old=NEW)):
        given(*APPROVED).when(report(e.PreflightPassed(UP, other, LATER))).refuses("superseded")
    given(*APPROVED).when(fail("preflight")).then(e.UpgradeRefused(UP, replace(refused).problem, LATER))


def test_an_emergency_runs_at_once_and_asks_for_a_review():
    """What cannot wait does not, and says so in the log with the time until which somebody must look at it."""
    ask = RequestUpgrade(UP, "6.10.1", "alice", emergency=True, reason="now")
    given(registered(ApprovalPolicy("always"))).when(ask).then(in_emergency)
    state = given(registered(ApprovalPolicy("always")), in_emergency).when(report(planned))
    assert isinstance(state.then(planned, review_requested), s.Planned)


@pytest.mark.parametrize("reason", ["", "  "])
def test_an_emergency_needs_a_reason(reason):
    """Whoever reviews it afterwards must know why it could not wait; an ordinary upgrade may go without."""
    ask = RequestUpgrade(UP, "6.10.1", "alice", emergency=True, reason=reason)
    given(registered(ApprovalPolicy("always"))).when(ask).refuses("reason-missing")
    given(registered(ApprovalPolicy("always"))).when(replace(ask, emergency=False)).then(requested)


def test_an_emergency_that_needs_no_approval_is_none():
    """Where nothing waits there is nothing to pass by; where the plan turns out harmless nobody must review it."""
    given(*IDLE).when(RequestUpgrade(UP, "6.10.1", "alice", emergency=True, reason="now")).refuses("emergency-needless")
    harmless = plan(())
    given(registered(ApprovalPolicy("breaking")), in_emergency).when(report(harmless)).then(harmless)


def test_somebody_else_reviews_an_emergency():
    """The review may come while it runs or after its end, by anybody but who ran it."""
    for history in (EMERGENCY, (*EMERGENCY, *DONE)):
        given(*history).when(Review(UP, "alice", "accepted", AT)).refuses("approver-is-requester")
        state = given(*history).when(Review(UP, "bob", "objected", AT)).then(replace(reviewed, verdict="objected"))
        assert not isinstance(state, s.Unversioned)
        assert state.instance.review is None
    given(*EMERGENCY, reviewed).when(Review(UP, "carol", "accepted", AT)).refuses("no-review-due")


@pytest.mark.parametrize("history", [(), IDLE, WAITING, SUCCEEDED])
def test_only_emergencies_are_reviewed(history):
    """What was approved, or needed no approval, is not reviewed."""
    given(*history).when(Review(UP, "bob", "accepted", AT)).refuses("no-review-due")


def test_a_review_that_nobody_made_is_overdue():
    """The log says so once, and the review stays to be made."""
    ended = given(*EMERGENCY, *DONE)
    assert due(ended.state, review_requested.until) == Expiry("review", UP)
    state = ended.when(report(overdue)).then(overdue)
    assert due(state, review_requested.until) != Expiry("review", UP)
    ended.and_then(overdue).when(report(overdue)).refuses("superseded")
    ended.and_then(overdue).when(Review(UP, "bob", "accepted", AT)).then(reviewed)


def test_no_second_emergency_before_the_first_was_reviewed():
    """An emergency is not a way around approvals for good; an ordinary upgrade may still be asked for."""
    ended = given(*EMERGENCY, *DONE)
    again = RequestUpgrade(NEXT, "7.5.1", "alice", emergency=True, reason="now")
    refusal = ended.when(again).refuses("review-outstanding")
    assert refusal.facts == {"upgrade_id": UP}
    ended.when(RequestUpgrade(NEXT, "7.5.1", "alice")).then(e.UpgradeRequested(NEXT, "6.10.1", "7.5.1", "alice"))
    ended.and_then(reviewed).when(again).then(e.UpgradeRequested(NEXT, "6.10.1", "7.5.1", "alice", emergency=True))


def test_a_retried_emergency_awaits_one_review():
    """The same upgrade again asks for no second review, and does not wait for the first."""
    again = e.UpgradeRetried(UP, 2, "5.6.0", "alice")
    refused_once = given(e.InstanceRegistered(STRICT, "5.6.0"), in_emergency, planned, review_requested, cancelled)
    refused_once.when(Retry(UP, "alice")).then(again)
    assert isinstance(refused_once.and_then(again).when(report(planned)).then(planned), s.Planned)
    refused_once.when(retry).then(e.UpgradeRetried(UP, 2, "5.6.0"))
