"""Which instances a scope is for, by labels; and scopes as they are asked for and shown."""

import re

import pytest

from astrolabe.api.http.bodies import metas_of
from astrolabe.domain.access import BoundScope, Token, read_scopes, write_scopes
from astrolabe.domain.reach import ALL, Reach, read_labels, write_labels
from astrolabe.domain.words import GrantedScope, LabelSelector

PAYMENTS = {"team": "payments"}
LIVE = {"team": "payments", "stage": "live"}


def test_all_labels_of_one_selector_are_needed():
    """Labels beside them are no matter; of several selectors one is enough."""
    assert Reach((PAYMENTS,)).covers(LIVE)
    assert not Reach((LIVE,)).covers(PAYMENTS)
    assert not Reach((PAYMENTS,)).covers({"team": "web"})
    assert not Reach((PAYMENTS,)).covers({})
    assert Reach((LIVE, {"team": "web"})).covers({"team": "web"})


def test_all_is_more_than_every_selector_and_none_is_nothing():
    """Whatever has no labels is for those alone who may reach all."""
    assert (ALL.is_all, ALL.is_none, ALL.covers({})) == (True, False, True)
    assert (Reach(()).is_all, Reach(()).is_none, Reach(()).covers(LIVE)) == (False, True, False)
    assert (Reach((PAYMENTS,)).is_all, Reach((PAYMENTS,)).is_none) == (False, False)


def test_a_token_reaches_what_its_scopes_are_for():
    """Each scope by itself; one that is not bound goes before one that is, and admin is all of them."""
    token = Token("id", "ci", frozenset({"read"}), bound=(BoundScope("operate", PAYMENTS), BoundScope("read", LIVE)))
    assert token.reach("read") == ALL
    assert token.reach("operate") == Reach((PAYMENTS,))
    assert token.reach("approve").is_none
    assert Token("id", "root", frozenset({"admin"})).reach("operate") == ALL


def test_scopes_are_shown_as_they_were_asked_for():
    """Each once, in one order, the bound ones behind, with their labels by name."""
    asked = ["operate:stage=live,team=payments", "read", "approve:team=web", "read", "operate:stage=live,team=payments"]
    scopes, bound = read_scopes(asked)
    assert scopes == ("read",)
    assert bound == (BoundScope("operate", LIVE), BoundScope("approve", {"team": "web"}))
    assert write_scopes(frozenset(scopes), bound) == ("read", "operate:stage=live,team=payments", "approve:team=web")


def test_a_selector_is_read_as_it_is_written():
    """A label's value may hold what its name may not."""
    assert read_labels(write_labels(LIVE)) == LIVE
    assert str(Reach((LIVE, PAYMENTS))) == "stage=live,team=payments or team=payments"


@pytest.mark.parametrize(
    "wrong",
    ["admin:team=payments", "read:", "read:team", "read:team=", "read:=a", "read:a=b,", "read:A=b", "write", "read\n"],
)
def test_what_is_no_scope_is_refused(wrong):
    """Admin is never bound, and each label has a name and a value."""
    assert not re.search(metas_of(GrantedScope)[0].pattern or "", wrong)


@pytest.mark.parametrize("right", ["team=payments", "team=payments,stage=live.1", "a=B_c-9"])
def test_labels_are_taken_as_a_selector(right):
    """With commas between them."""
    assert re.search(metas_of(LabelSelector)[0].pattern or "", right)
