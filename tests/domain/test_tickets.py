"""The ticket of an upgrade: a field of its own, asked for and checked where the instance's policy says so."""

import msgspec
import pytest
from msgspec.structs import replace

from astrolabe.domain.plans.approval import ApprovalPolicy
from astrolabe.domain.problem import Refused
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades.commands import Command, RequestUpgrade
from astrolabe.domain.upgrades.decider import INSTANCE_DECIDER
from astrolabe.domain.upgrades.sentences import SENTENCES
from tests.domain.given import given
from tests.domain.samples import CONFIG, UP, refused, requested, retry

TICKETED = e.InstanceRegistered(replace(CONFIG, approvals=ApprovalPolicy(tickets=("CHG[0-9]*", "OPS-?"))), "5.6.0")
ASK = RequestUpgrade(UP, "6.10.1", requested.requested_by)


def code(command: Command, *history: e.Event) -> str | None:
    """Return what a command is refused for; None where it is not."""
    try:
        INSTANCE_DECIDER.decide(command, given(*(history or (TICKETED,))).state)
    except Refused as why:
        return why.code
    return None


@pytest.mark.parametrize(
    ("ticket", "why"),
    [
        ("CHG0031337", None),
        ("OPS-1", None),
        (None, "ticket-missing"),
        ("CHG", "ticket-invalid"),
        ("chg0031337", "ticket-invalid"),
        ("OPS-12", "ticket-invalid"),
        ("see CHG0031337", "ticket-invalid"),
    ],
)
def test_a_ticket_is_asked_for_and_all_of_it_is_checked(ticket: str | None, why: str | None) -> None:
    """One of the patterns must be met, by the whole of the ticket and in its own capitals."""
    assert code(replace(ASK, ticket=ticket)) == why


def test_any_ticket_asks_for_one() -> None:
    """A pattern that every ticket meets is not met by none."""
    anything = e.InstanceRegistered(replace(CONFIG, approvals=ApprovalPolicy(tickets=("*",))), "5.6.0")
    assert code(ASK, anything) == "ticket-missing"
    assert code(replace(ASK, ticket="1"), anything) is None


def test_without_a_policy_a_ticket_is_as_the_requester_likes() -> None:
    """It may be left out, and it may be any; the event has it, with what it means for others."""
    free = e.InstanceRegistered(CONFIG, "5.6.0")
    asked = replace(ASK, ticket="https://tickets.example/7", impact="nobody can log in for 10 s")
    begun = replace(requested, ticket=asked.ticket, impact=asked.impact)
    given(free).when(asked).then(begun)
    given(free).when(ASK).then(requested)
    said = SENTENCES["upgrade_requested"](msgspec.to_builtins(begun))
    assert said.endswith(", ticket https://tickets.example/7; impact: nobody can log in for 10 s")


def test_a_plan_is_shown_before_there_is_a_ticket_for_it() -> None:
    """A ticket may be made from the plan; one that is named is checked all the same."""
    assert code(replace(ASK, planned_only=True)) is None
    assert code(replace(ASK, planned_only=True, ticket="CHG")) == "ticket-invalid"


def test_an_emergency_needs_its_ticket_too() -> None:
    """It passes by who approves, and by nothing else."""
    policy = ApprovalPolicy("always", tickets=("CHG*",))
    strict = e.InstanceRegistered(replace(CONFIG, approvals=policy), "5.6.0")
    assert code(replace(ASK, emergency=True, reason="exploited now"), strict) == "ticket-missing"
    assert code(replace(ASK, emergency=True, reason="exploited now", ticket="CHG1"), strict) is None


def test_a_retry_goes_by_the_ticket_of_its_upgrade() -> None:
    """Asked for before the policy was, it has none, and is asked for anew."""
    assert code(retry, TICKETED, replace(requested, ticket="CHG1"), refused) is None
    assert code(retry, TICKETED, requested, refused) == "ticket-missing"


def test_an_event_of_before_has_no_ticket() -> None:
    """A log that knew none folds as it did."""
    old = msgspec.json.decode(msgspec.json.encode(requested))
    for name in ("ticket", "impact"):
        del old[name]
    assert msgspec.convert(old, e.UpgradeRequested) == requested
