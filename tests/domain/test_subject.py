"""What an event is about: names and versions as they stood at the event, whatever came after it."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from astrolabe.domain.recorded import Cause, Recorded
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades.subject import Subject, Subjects
from tests.domain.samples import (
    AT,
    CONFIG,
    NEXT,
    UP,
    observed,
    overdue,
    planned,
    registered,
    renamed,
    requested,
    retried,
    succeeded,
)

LATEST = replace(requested, target="latest")
STREAM: tuple[e.Event, ...] = (
    registered,
    LATEST,
    planned,
    succeeded,
    e.InstanceReconfigured(replace(CONFIG, product="other")),
    replace(requested, upgrade_id=NEXT, from_version="6.10.1", target="7.5.1"),
    overdue,
    retried,
    observed,
)


def recorded(events: Sequence[e.Event]) -> list[Recorded[e.Event]]:
    """Put events into one stream."""
    by = Cause("ci", "why", "api")
    return [Recorded("stream", nth, f"event-{nth}", by, AT, event, "{}", nth) for nth, event in enumerate(events, 1)]


def about(nth: int, upgrade_id: str | None = None) -> Subject | None:
    """Return what the nth event of the stream is about."""
    return Subjects().extended(recorded(STREAM)).of(nth, upgrade_id)


def test_before_it_is_registered_nothing_has_a_name() -> None:
    """Where nothing is known, nothing is said."""
    assert about(0) is None


def test_latest_is_no_version_before_preflight_has_found_which() -> None:
    """An upgrade goes from a version, and to one as soon as that is known."""
    assert about(1) == Subject("flags", "unleash", host="local")
    assert about(2, UP) == Subject("flags", "unleash", UP, "5.6.0", host="local")
    assert about(3, UP) == Subject("flags", "unleash", UP, "5.6.0", "6.10.1", "local")
    assert about(4, UP) == about(3, UP)


def test_a_renamed_instance_is_called_by_the_name_that_it_had_at_the_event() -> None:
    """Whoever reads of it later finds in the message what it was called then."""
    subjects = Subjects().extended(recorded([registered, requested, succeeded, renamed]))
    assert [subject and subject.name for subject in (subjects.of(3, UP), subjects.of(4, None))] == ["flags", "shop"]


def test_an_event_of_an_earlier_upgrade_has_that_ones_versions() -> None:
    """A review may be overdue when the next upgrade has begun."""
    assert about(6, NEXT) == Subject("flags", "other", NEXT, "6.10.1", "7.5.1", "local")
    assert about(7, UP) == Subject("flags", "other", UP, "5.6.0", "6.10.1", "local")
    assert about(7, "unknown") == Subject("flags", "other", "unknown", host="local")


@given(st.integers(0, len(STREAM)), st.integers(0, len(STREAM)))
def test_however_the_stream_was_read_an_event_is_about_the_same(cut: int, nth: int) -> None:
    """Reading on after a while leads to what reading at once leads to."""
    whole = recorded(STREAM)
    in_two = Subjects().extended(whole[:cut]).extended(whole[cut:])
    assert in_two == Subjects().extended(whole)
    assert in_two.of(nth, UP) == Subjects().extended(whole[:nth]).of(nth, UP)
