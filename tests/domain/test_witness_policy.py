"""The policy of witnesses: what its file may say, and which cosignatures suffice."""

import itertools

import pytest

from astrolabe.domain.audit.note import parse_note, write_note
from astrolabe.domain.audit.witness_policy import PolicyError, parse_policy
from astrolabe.domain.audit.witness_reports import (
    WITNESS_DECIDER,
    ReportCosigned,
    ReportFailure,
    WitnessFailed,
    WitnessRecovered,
    decide,
)
from tests.audit_logs import LOG_KEY, LONG, WITNESS_KEYS

ONE, TWO, THREE = (each.public.cosigner_text for each in WITNESS_KEYS)
LINES = f"""\
# Ours, and those of two others.
log {LOG_KEY.public.text} https://log.example
witness one {ONE} https://one.example/
witness two\t{TWO}   http://two.example
  witness three {THREE}

group others any two three
group both all one others
quorum both
"""


def test_the_form_of_the_specification_is_read() -> None:
    """Logs, witnesses with and without an address, groups of groups, comments and empty lines."""
    policy = parse_policy(LINES)
    assert policy.logs == (LOG_KEY.public,)
    assert [(each.name, each.key, each.url) for each in policy.witnesses] == [
        ("one", WITNESS_KEYS[0].public, "https://one.example/"),
        ("two", WITNESS_KEYS[1].public, "http://two.example"),
        ("three", WITNESS_KEYS[2].public, None),
    ]
    enough = {
        names
        for count in range(4)
        for names in itertools.combinations(("one", "two", "three"), count)
        if policy.suffices(dict.fromkeys(names, 0))
    }
    assert enough == {("one", "two"), ("one", "three"), ("one", "two", "three")}


@pytest.mark.parametrize(
    ("least", "expected"), [("any", {1, 2, 3}), ("1", {1, 2, 3}), ("2", {2, 3}), ("all", {3}), ("3", {3})]
)
def test_a_group_needs_as_many_as_it_says(least: str, expected: set[int]) -> None:
    """Any, all, or a number."""
    names = ("one", "two", "three")
    witnesses = "\n".join(
        f"witness {name} {key.public.cosigner_text}" for name, key in zip(names, WITNESS_KEYS, strict=True)
    )
    policy = parse_policy(f"{witnesses}\ngroup all-of-us {least} one two three\nquorum all-of-us")
    assert {count for count in range(4) if policy.suffices(dict.fromkeys(names[:count], 0))} == expected


def test_no_witness_may_be_needed() -> None:
    """`quorum none` asks for nothing; a single witness may be the quorum."""
    assert parse_policy("quorum none").suffices({})
    alone = parse_policy(f"witness one {ONE}\nquorum one")
    assert (alone.suffices({}), alone.suffices({"one": 1})) == (False, True)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "there must be a line"),
        ("quorum", "quorum NAME"),
        ("quorum nobody", "defined above"),
        ("quorum none\nquorum none", "one quorum"),
        ("sentence of mine\nquorum none", "none of log"),
        (f"witness one {ONE}\nwitness other {ONE}\nquorum none", "line 2: .*stands twice"),
        (f"witness one {ONE}\nwitness one {TWO}\nquorum none", "taken"),
        (f"witness none {ONE}\nquorum none", "taken"),
        (f"witness one {ONE[:-2]}\nquorum none", "public key"),
        (f"log {LOG_KEY.public.text}\nlog {LOG_KEY.public.text}\nquorum none", "stands twice"),
        (f"group g any one\nwitness one {ONE}\nquorum g", "line 1: .*defined above"),
        (f"witness one {ONE}\ngroup g any one one\nquorum g", "one group alone"),
        (f"witness one {ONE}\ngroup g any one\ngroup h any one\nquorum g", "one group alone"),
        (f"witness one {ONE}\ngroup g 2 one\nquorum g", "from 1 to 1"),
        (f"witness one {ONE}\ngroup g 0 one\nquorum g", "from 1 to 1"),
        (f"witness one {ONE}\ngroup g any\nquorum g", "must be"),
        ("group g any none\nquorum g", "defined above"),
        ("quorum none\r\n", "control characters"),
    ],
)
def test_what_is_no_policy(text: str, why: str) -> None:
    """A file that says too little, too much, or twice the same is refused, with its line."""
    with pytest.raises(PolicyError, match=why):
        parse_policy(text)


def test_who_saw_a_checkpoint_and_when() -> None:
    """Each witness's own time; of those who did not cosign there is none."""
    note = parse_note(LONG.note(7))
    lines = [key.state_time(note.text, 10 + nth) for nth, key in enumerate(WITNESS_KEYS[:2])]
    assert parse_policy(LINES).seen_by(parse_note(write_note(note.text, [*note.signatures, *lines]))) == {
        "one": 10,
        "two": 11,
    }


def test_a_failure_is_one_event_until_it_changes_or_ends() -> None:
    """However often a witness is asked, each news of it is recorded once."""
    silent = WitnessFailed("w", "silent", 7, "no answer in time")
    forked = WitnessFailed("w", "contradicted", 9, "another tree")
    state = WITNESS_DECIDER.initial
    assert decide(ReportCosigned("w", 5), state) == ()
    assert decide(ReportFailure(silent), state) == (silent,)
    state = WITNESS_DECIDER.replay([silent])
    assert decide(ReportFailure(WitnessFailed("w", "silent", 8, "other words")), state) == ()
    assert decide(ReportFailure(forked), state) == (forked,)
    state = WITNESS_DECIDER.replay([silent, forked])
    assert decide(ReportCosigned("w", 12), state) == (WitnessRecovered("w", 12),)
    assert WITNESS_DECIDER.replay([silent, forked, WitnessRecovered("w", 12)]).failing == {}
