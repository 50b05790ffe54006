"""When a contact may be notified: quiet hours and digests, by the clock of its own time zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astrolabe.domain.notices.hours import Hours, QuietHours

BERLIN = ZoneInfo("Europe/Berlin")
KOLKATA = ZoneInfo("Asia/Kolkata")
NIGHT = Hours(QuietHours("22:00", "07:00"))
TWICE_A_DAY = Hours(digests=("08:00", "16:30"))

moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
times = st.times().map(lambda each: each.strftime("%H:%M"))
zones = st.sampled_from([UTC, BERLIN, KOLKATA, ZoneInfo("America/St_Johns"), ZoneInfo("Pacific/Kiritimati")])
quiet_hours = st.none() | st.builds(QuietHours, times, times)


def at(text: str) -> datetime:
    """Read a time in Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("happens", "goes"),
    [
        ("2026-03-01 21:59", "2026-03-01 21:59"),
        ("2026-03-01 22:00", "2026-03-02 07:00"),
        ("2026-03-02 06:59", "2026-03-02 07:00"),
        ("2026-03-02 07:00", "2026-03-02 07:00"),
        # The clocks go forward in this night, and back in that one.
        ("2026-03-28 23:00", "2026-03-29 07:00"),
        ("2026-10-24 23:00", "2026-10-25 07:00"),
    ],
)
def test_given_a_quiet_night_when_something_happens_then_it_goes_in_the_morning(happens: str, goes: str) -> None:
    """By the wall clock of the contact, whatever the clocks do in that night."""
    assert NIGHT.due(at(happens), BERLIN) == at(goes)


@pytest.mark.parametrize(
    ("happens", "goes"),
    [
        ("2026-03-02 07:59", "2026-03-02 08:00"),
        ("2026-03-02 08:00", "2026-03-02 16:30"),
        ("2026-03-02 16:30", "2026-03-03 08:00"),
        ("2026-03-02 23:59", "2026-03-03 08:00"),
    ],
)
def test_given_digests_when_something_happens_then_it_goes_with_the_next(happens: str, goes: str) -> None:
    """What happens at the very time of one may have missed it, and goes with the next."""
    assert TWICE_A_DAY.due(at(happens), BERLIN) == at(goes)


def test_given_a_digest_in_a_quiet_night_when_it_comes_then_it_waits_for_the_morning() -> None:
    """Quiet hours are kept to by digests, too."""
    hours = Hours(QuietHours("22:00", "07:00"), ("23:00",))
    assert hours.due(at("2026-03-02 12:00"), BERLIN) == at("2026-03-03 07:00")


def test_given_quiet_hours_within_a_day_when_they_are_over_then_it_goes() -> None:
    """They need not go over midnight."""
    noon = Hours(QuietHours("12:00", "13:00"))
    assert noon.due(at("2026-03-02 12:30"), BERLIN) == at("2026-03-02 13:00")
    assert noon.due(at("2026-03-02 13:00"), BERLIN) == at("2026-03-02 13:00")


def test_given_quiet_hours_without_a_length_then_none_are_quiet() -> None:
    """From one time to the same is nothing, not all day: nobody would ever be notified."""
    assert Hours(QuietHours("08:00", "08:00")).due(at("2026-03-02 08:00"), BERLIN) == at("2026-03-02 08:00")


@given(moments, quiet_hours, st.lists(times, max_size=4).map(tuple), zones)
def test_nothing_goes_before_it_happened_nor_in_quiet_hours_nor_after_two_days(moment, quiet, digests, zone) -> None:
    """Whatever the hours are, it goes; and once it may go, it goes at once."""
    hours = Hours(quiet, digests)
    due = hours.due(moment, zone)
    assert moment <= due <= moment + timedelta(hours=50)
    assert hours.after_quiet(due, zone) == due
    if not digests and hours.after_quiet(moment, zone) == moment:
        assert due == moment


@given(moments, st.lists(times, min_size=1, max_size=4).map(tuple), zones)
def test_without_quiet_hours_a_digest_goes_at_one_of_its_times(moment, digests, zone) -> None:
    """And at the first of them: none lies between."""
    due = Hours(digests=digests).due(moment, zone)
    shown = due.astimezone(zone).strftime("%H:%M")
    # A time that the clocks leave out is an hour later by them.
    skipped = {
        (datetime.fromisoformat(f"2026-01-01 {each}") + timedelta(hours=1)).strftime("%H:%M") for each in digests
    }
    assert shown in set(digests) | skipped
    assert Hours(digests=digests).due(due - timedelta(microseconds=1), zone) == due
