"""What the API knows, in words for a person."""

import pytest

from astrolabe.cli.in_words import advised


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
    assert advised({"detail": detail, "todo": todo}) == said
