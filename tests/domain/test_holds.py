"""Holds: what is kept whatever its retention, by whose word, and until when."""

from datetime import UTC, datetime, timedelta

import pytest

from astrolabe.domain.holds import (
    HOLDS_DECIDER,
    DiscardOutputs,
    ExpiredOutput,
    Hold,
    HoldLifted,
    HoldPlaced,
    Holds,
    LiftHold,
    OutputsDiscarded,
    PlaceHold,
    Use,
    asked_at,
    decide,
)
from astrolabe.domain.problem import Refused
from astrolabe.domain.upgrades.reconcile import Discard, due
from astrolabe.domain.upgrades.retention import holds_kept
from astrolabe.store.ids import new_id
from tests.domain.given import given
from tests.domain.samples import ROLLED_BACK

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
A, B = "0d" * 32, "0e" * 32


def holding(*holds: Hold) -> Holds:
    """The state after these were placed."""
    return HOLDS_DECIDER.replay([event for each in holds for event in decide(PlaceHold(each), Holds())])


@pytest.mark.parametrize(
    ("hold", "held"),
    [
        (Hold("h", instance_id="i"), True),
        (Hold("h", instance_id="j"), False),
        (Hold("h", upgrade_id="u"), True),
        (Hold("h", upgrade_id="v"), False),
        (Hold("h", since=NOW - DAY), True),
        (Hold("h", since=NOW), True),
        (Hold("h", since=NOW + DAY), False),
        (Hold("h", since=NOW - DAY, until=NOW), False),
        (Hold("h", since=NOW - DAY, until=NOW + DAY), True),
    ],
)
def test_a_hold_is_of_an_instance_an_upgrade_or_a_period(hold: Hold, held: bool) -> None:
    """What it covers, and what it does not; its end is not in it."""
    assert holding(hold).cover("i", "u", NOW) is held
    assert not Holds().cover("i", "u", NOW)


def test_what_somebody_holds_is_left_out_of_what_is_discarded() -> None:
    """An output that two name is kept for either of them; nobody knows whose an older one is, so any hold keeps it."""
    mine, others = Use("i", "u", NOW), Use("j", "v", NOW)
    expired = [ExpiredOutput(A, (mine, others)), ExpiredOutput(B, (others,)), ExpiredOutput("0f" * 32, ())]
    command = DiscardOutputs(expired)
    assert decide(command, Holds()) == (OutputsDiscarded((A, B, "0f" * 32)),)
    assert decide(command, holding(Hold("h", upgrade_id="u"))) == (OutputsDiscarded((B,)),)
    assert decide(command, holding(Hold("h", since=NOW))) == ()


def test_a_hold_is_lifted_once() -> None:
    """Who lifts what is not there is refused."""
    placed = holding(Hold("h", instance_id="i"), Hold("g", instance_id="i"))
    assert decide(LiftHold("h"), placed) == (HoldLifted("h"),)
    after = HOLDS_DECIDER.replay([HoldLifted("h")], placed)
    assert after.cover("i", None, NOW)
    with pytest.raises(Refused):
        decide(LiftHold("h"), after)
    assert not HOLDS_DECIDER.replay([HoldLifted("g"), OutputsDiscarded((A,))], after).cover("i", None, NOW)
    assert HOLDS_DECIDER.replay([HoldPlaced("h")]).cover("i", None, NOW)  # without an end, and without a beginning


def test_what_is_held_is_not_due() -> None:
    """A retention that has ended is passed over, and the next thing is due."""
    state = given(*ROLLED_BACK).state
    later = NOW + timedelta(days=9_999)
    first = due(state, later)
    assert isinstance(first, Discard)
    second = due(state, later, lambda kept: kept == first.kept)
    assert isinstance(second, Discard)
    assert second != first
    assert due(state, later, lambda _: True) is None


def test_when_an_upgrade_was_asked_for_is_in_its_id() -> None:
    """To the millisecond; an id of another form says nothing, and is held by whatever hold there is."""
    at = asked_at(new_id())
    assert at
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=1)
    assert asked_at("00000000-0000-4000-8000-000000000000") is None
    (kept,) = [each for each in [due(given(*ROLLED_BACK).state, NOW + timedelta(days=9_999))] if each]
    assert isinstance(kept, Discard)
    strange = Hold("h", instance_id="another")
    assert holds_kept(holding(strange), "i", kept.kept) is (asked_at(kept.kept.upgrade_id) is None)
