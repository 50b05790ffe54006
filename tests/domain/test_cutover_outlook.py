"""What either way of cutover took before, and what it could lose: an unknown number is never 0."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades.cutover_outlook import LATEST, outlooks
from astrolabe.domain.upgrades.measured import MeasuredUpgrade, measured
from tests.domain.samples import (
    AT,
    AT_ONCE,
    BEFORE_CUTOVER,
    COPIED,
    COUNTERS,
    REQUESTED,
    ROLLED_BACK,
    SUCCEEDED,
    UNWELL,
    UP,
    let_in,
    migrated,
    migration_started,
    retried,
    succeeded,
    verified,
)

SECOND = timedelta(seconds=1)
WAITED = (
    *COPIED,
    migration_started,
    migrated,
    replace(verified, at=AT + SECOND),
    e.CutOver(UP, COUNTERS, AT),
    succeeded,
)
LET_IN = (
    *(e.InstanceRegistered(AT_ONCE, "5.6.0"), *COPIED[1:]),
    *(let_in, migration_started, migrated, replace(succeeded, downtime_ms=None, at=AT + 2 * SECOND)),
)
OF_VERIFIED = MeasuredUpgrade("verified", 6200, 1000)
OF_AT_ONCE = MeasuredUpgrade("at-once", 4700, 2000)


def test_each_way_is_measured_where_it_ends():
    """Whoever is let in at once is served from the first answer; whoever waits, from the start that follows cutover."""
    assert measured(WAITED) == (OF_VERIFIED,)
    assert measured(LET_IN) == (OF_AT_ONCE,)
    assert measured((*WAITED, *LET_IN[1:])) == (OF_VERIFIED, OF_AT_ONCE)


@pytest.mark.parametrize("history", [REQUESTED, ROLLED_BACK, UNWELL, BEFORE_CUTOVER])
def test_what_did_not_arrive_or_had_no_cutover_measures_nothing(history):
    """Neither what was taken back by itself, nor what is unwell, nor a log of before there was a choice."""
    assert measured(history) == ()


def test_another_attempt_measures_anew():
    """What an attempt that failed has measured is not the next one's."""
    assert measured((*WAITED[:-1], retried, succeeded)) == ()


def test_a_downtime_that_nobody_knows_is_not_none():
    """A success without a measured downtime tells how long verify took, and no more."""
    (found,) = measured((*WAITED[:-1], replace(succeeded, downtime_ms=None)))
    assert found == replace(OF_VERIFIED, downtime_ms=None)
    (of_verified, _) = outlooks("verified", (found,), ())
    assert (of_verified.downtime_ms, of_verified.upgrades, of_verified.measured_on) == (None, 0, None)


def test_both_ways_are_shown_with_what_each_took_and_could_lose():
    """The instance's own upgrades, each by its way; how long verify took is known by either."""
    of_verified, at_once = outlooks("verified", (OF_VERIFIED, OF_AT_ONCE), ())
    assert (of_verified.cutover, of_verified.chosen, of_verified.downtime_ms) == ("verified", True, 6200)
    assert (of_verified.unverified_ms, of_verified.may_lose.partition(":")[0]) == (0, "Nothing")
    assert (at_once.cutover, at_once.chosen, at_once.downtime_ms) == ("at-once", False, 4700)
    assert at_once.unverified_ms == 1000
    assert "for some 1.0 s, where verify fails" in at_once.may_lose
    assert {each.measured_on for each in (of_verified, at_once)} == {"instance"}


def test_where_it_has_none_of_its_own_those_like_it_are_shown():
    """For each way by itself, and said so."""
    of_verified, at_once = outlooks("at-once", (OF_VERIFIED,), (replace(OF_VERIFIED, downtime_ms=1), OF_AT_ONCE))
    assert (of_verified.downtime_ms, of_verified.measured_on, of_verified.chosen) == (6200, "instance", False)
    assert (at_once.downtime_ms, at_once.measured_on, at_once.chosen) == (4700, "host", True)


def test_where_nothing_was_measured_it_is_unknown_and_never_none():
    """Neither a downtime nor the time that verify takes; only that nobody is let in before it is known."""
    of_verified, at_once = outlooks("verified", (), ())
    for each in (of_verified, at_once):
        assert (each.downtime_ms, each.upgrades, each.measured_on) == (None, 0, None)
    assert (of_verified.unverified_ms, at_once.unverified_ms) == (0, None)
    assert "for an unknown time" in at_once.may_lose


def test_the_median_of_the_latest_is_shown():
    """What was long ago was of other data, and one slow evening is no rule."""
    long_ago = [replace(OF_VERIFIED, downtime_ms=60_000)] * 20
    lately = [replace(OF_VERIFIED, downtime_ms=number) for number in (90_000, *range(1000, 1000 + LATEST - 1))]
    (of_verified, _) = outlooks("verified", (*long_ago, *lately), ())
    assert (of_verified.downtime_ms, of_verified.upgrades) == (1004, LATEST)


def test_a_history_with_a_success_alone_is_counted():
    """The samples' own history goes over cutover."""
    assert [each.cutover for each in measured(SUCCEEDED)] == ["verified"]
