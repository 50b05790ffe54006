"""Entries: the exact bytes of an event, canonical and read back the same."""

from datetime import UTC, datetime
from typing import cast

import msgspec
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from astrolabe.domain.plans.rollback_point import Writes
from astrolabe.domain.recorded import Cause
from astrolabe.domain.upgrades.events import StepProgressed, UpgradeRequested, UpgradeSucceeded
from astrolabe.domain.words import Step
from astrolabe.store.ids import new_id
from astrolabe.store.log.entry import MAX_ENTRY, encode, make_entry, recorded, type_of
from tests.domain.samples import AT, CHECK, EVENTS, UP
from tests.domain.strategies import ACCESS_EVENT_TYPES, EVENT_TYPES, TEXTS, structs

STREAM = "0190f000-0000-7000-8000-00000000000a"
NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, UTC)
BY = Cause("ci", "because", "api", "cause-1", "correlation-1")

causes = st.builds(Cause, TEXTS, TEXTS, TEXTS, st.none() | TEXTS, st.none() | TEXTS)
any_event = st.one_of([st.deferred(lambda kind=kind: structs(kind)) for kind in (*EVENT_TYPES, *ACCESS_EVENT_TYPES)])
ODD = "\x00\x1f\x7f\b\t\n\f\r\"\\/\u2028\u2029<>&'é\ud7ff\ue000\uffff\U00010000\U0010ffff😀"


@settings(max_examples=250)
@given(any_event, causes, st.integers(1, 2**31 - 1))
def test_every_event_is_read_back_as_it_was(event, cause, version):
    """Whatever an event says, its entry says the same when it is read."""
    entry = make_entry(STREAM, version, event, cause)
    read = recorded(encode(entry), NOW, 7)
    assert (read.event, read.cause, read.version, read.event_id) == (event, cause, version, entry.id)
    assert (read.stream_id, read.recorded_at, read.position) == (STREAM, NOW, 7)


@settings(max_examples=250)
@given(any_event, causes)
def test_an_entry_is_canonical(event, cause):
    """The bytes are those of RFC 8785, as another implementation makes them from the same value."""
    text = encode(make_entry(STREAM, 1, event, cause))
    assert text.encode() == rfc8785.dumps(msgspec.json.decode(text))


@settings(max_examples=250)
@given(st.dictionaries(st.text(st.sampled_from(ODD + "ab"), max_size=6), st.integers(0, 9), max_size=8), TEXTS)
def test_odd_characters_are_canonical_too(tables, message):
    """Escapes, separators, and the order of keys beyond the basic plane are those of RFC 8785."""
    for event in (
        UpgradeSucceeded(UP, "1.0.0", (CHECK,), Writes(1, tables), AT),
        StepProgressed(UP, "pull", ODD + message),
    ):
        text = encode(make_entry(STREAM, 1, event, BY))
        assert text.encode() == rfc8785.dumps(msgspec.json.decode(text))
        assert recorded(text, NOW, None).event == event


def test_keys_beyond_the_basic_plane_are_ordered_by_their_utf_16():
    """U+10000 sorts before U+FFFF there, which no order of code points does."""
    event = UpgradeSucceeded(UP, "1.0.0", (), Writes(1, {"\uffff": 1, "\U00010000": 2}), AT)
    assert '{"\U00010000":2,"\uffff":1}' in encode(make_entry(STREAM, 1, event, BY))


def test_what_is_refused_is_never_written():
    """Too long, out of bounds, without a time zone, or not even text: none of it becomes an entry."""
    naive = datetime(2026, 3, 1)  # noqa: DTZ001  the point of it
    for event in (
        StepProgressed(UP, "pull", "x" * MAX_ENTRY),
        StepProgressed(UP, "pull", "\ud800"),
        StepProgressed(UP, cast("Step", "dance"), "x"),
        UpgradeRequested(UP, "1.0.0", "--registry=x"),
        UpgradeSucceeded(UP, "1.0.0", (), Writes(0), naive),
    ):
        with pytest.raises(ValueError):  # noqa: PT011  each says it in its own words
            encode(make_entry(STREAM, 1, event, BY))


def test_an_upgrade_is_known_by_the_event_that_requested_it():
    """The request's event id is the upgrade's; every other event gets one of its own."""
    upgrade_id = new_id()
    assert make_entry(STREAM, 1, UpgradeRequested(upgrade_id, "1.0.0", "latest"), BY).id == upgrade_id
    ids = {make_entry(STREAM, 1, StepProgressed(upgrade_id, "pull", "x"), BY).id for _ in range(10)}
    assert len(ids | {upgrade_id}) == 11


def test_every_event_has_a_name_of_its_own():
    """Wire names are snake case of the class, which no rename may change unseen."""
    names = {type_of(event): type(event).__name__ for event in EVENTS}
    assert len(names) == len(EVENT_TYPES)
    assert all(name.replace("_", "") == kind.lower() for name, kind in names.items())
