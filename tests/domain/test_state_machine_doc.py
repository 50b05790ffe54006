"""The page about the state machine, held against the code."""

import re
from typing import get_args

from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.expected import FOLLOWS
from astrolabe.domain.upgrades.reconcile import ACTIONS
from tests.domain.samples import EVENTS, HISTORIES
from tests.domain.state_machine import PAGE, PARTS, moves, page
from tests.domain.strategies import EVENT_TYPES

TELLING = {"StepProgressed"}
"""Events that move nothing, and are only named in the introduction."""


def test_the_page_is_what_the_code_says():
    """The page was written from this very code; `python -m tests.domain.state_machine` writes it anew."""
    assert PAGE.read_text("utf-8") == page()


def test_the_page_names_every_state_once():
    """Each state has its row, and no row is of a state that the code has not."""
    rows = re.findall(r"^\| `(\w+)`:", PAGE.read_text("utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted(state.__name__ for state in get_args(s.State))
    assert {state for _, states in PARTS for state in states} == set(HISTORIES)


def test_the_page_names_every_event():
    """Each event moves or changes some state, but for those that only tell."""
    named = {name for names in moves().values() for name in names}
    assert named | TELLING == {event.__name__ for event in EVENT_TYPES}
    assert named.isdisjoint(TELLING)


def test_the_diagram_has_every_state():
    """No state is unreachable, and only an instance that was given up has no way on."""
    diagram = PAGE.read_text("utf-8").partition("stateDiagram-v2")[2]
    arrows = re.findall(r"^    (\w+) --> (\w+)", diagram, re.MULTILINE)
    states = {state.__name__ for state in HISTORIES}
    assert {after for _, after in arrows} | {"Absent"} == states
    assert states - {before for before, _ in arrows} == {"Retired", "Withdrawn"}


def test_the_examples_are_whole():
    """There is an example of every event and a history into every state, so that nothing is left out of the page."""
    assert {type(event) for event in EVENTS} == set(EVENT_TYPES)
    assert set(HISTORIES) == set(get_args(s.State))
    for state in set(HISTORIES) - {s.Withdrawn}:
        assert ((state, state) in moves()) or any(before is state for before, _ in moves())


def test_every_fact_of_a_worker_moves_the_state_it_belongs_to():
    """What `decide` lets a worker report in a state, `evolve` has an answer to."""
    found = moves()
    for fact, states in FOLLOWS.items():
        for state in states:
            assert any(fact.__name__ in names for (before, _), names in found.items() if before is state)
    resting = {s.Absent, s.Unadopted, s.Withdrawn, s.Idle, s.Retired, s.Waiting, s.Inconsistent}
    assert set(ACTIONS) == {state for state in HISTORIES if state not in resting}
