"""What went wrong, and what to do about it, as a person reads them."""

import pytest

from astrolabe.domain.problem import advised
from astrolabe.domain.upgrades.sentences import sentence


@pytest.mark.parametrize(
    ("detail", "todo", "said"),
    [
        ("port 4242 serves nobody", "Start it, then retry.", "port 4242 serves nobody. Start it, then retry."),
        ("The disk is full.", "Free some space, then retry.", "The disk is full. Free some space, then retry."),
        ("Is it there?", "Look.", "Is it there? Look."),
        ("npm said no", "", "npm said no"),
    ],
)
def test_a_problem_and_its_advice_are_sentences_of_their_own(detail: str, todo: str, said: str) -> None:
    """What was seen on a host ends as it likes; what to do begins a sentence all the same."""
    assert advised(detail, todo) == said


def test_what_follows_a_problem_without_advice_is_a_sentence_of_its_own() -> None:
    """Also where nothing can be advised, what an event goes on to say does not run into what was seen."""
    data = {"problem": {"detail": "npm said no"}, "upgrade_id": "7", "writes": {"total": 2}}
    assert sentence("upgrade_unwell", data).startswith("UNWELL after cutover: npm said no. Nothing goes back by itself")
    typed = {**data, "commands": [{"does": "start it", "line": "npx shop"}]}
    assert sentence("instance_inconsistent", typed) == "npm said no. By hand:\n  start it: npx shop"
    assert sentence("instance_inconsistent", data) == "npm said no"


def test_an_event_that_carries_a_problem_reads_so_too() -> None:
    """Lists, chats and step lists have the sentence of an event, and not the problem."""
    problem = {"detail": "bash started it, and still runs", "todo": "See that it does not, then retry."}
    assert sentence("upgrade_refused", {"problem": problem}) == (
        "bash started it, and still runs. See that it does not, then retry."
    )
