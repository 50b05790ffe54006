"""What the API refuses, in the words of commands and options."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from astrolabe.cli.failure import one_line
from astrolabe.cli.refusals import FIELDS, INSTEAD, OPTIONS, PLACES, refusal_of, worded
from astrolabe.workers.instance.failure import StepFailed
from tests.cli.commands_page import leaves

FLOORS = [Path(__file__).parents[2] / floor for floor in ("api", "domain", "store")]
OF_REQUESTS = re.compile(r"\b(GET|POST|PUT|HTTP|header|body|path|JSON|ETag|If-Match|Idempotency-Key|Content-Type)\b")


def details() -> Iterator[tuple[str, str]]:
    """Return each problem that the API can answer with, and what it says, with … for what it fills in."""
    for file in sorted(each for floor in FLOORS for each in floor.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "id", "") in {"ApiProblem", "Refused"}
                and len(node.args) > 1
                and isinstance(node.args[0], ast.Constant)
            ):
                yield str(node.args[0].value), _text(node.args[1])


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(each) for each in node.values)
    return str(node.value) if isinstance(node, ast.Constant) else "…"


@pytest.mark.parametrize(("name", "detail"), sorted(set(details())))
def test_no_refusal_speaks_of_requests(name: str, detail: str) -> None:
    """Whatever the API refuses, a person is told of commands and options."""
    assert not OF_REQUESTS.search(worded(name, detail)), worded(name, detail)


def test_there_is_something_to_say() -> None:
    """The sources are found, so that the test above is about something."""
    assert len(set(details())) > 50


@pytest.mark.parametrize("option", sorted({*OPTIONS.values(), *(each.split()[-1] for each in FIELDS.values())}))
def test_options_that_are_named_exist(option: str) -> None:
    """A person who is told of an option can type it."""
    assert any(option in {*each.opts, each.human_readable_name} for _, command in leaves() for each in command.params)


@pytest.mark.parametrize("command", sorted(each for each in PLACES.values() if "says" not in each))
def test_commands_that_are_named_exist(command: str) -> None:
    """A person who is told of a command can type it."""
    assert command.removeprefix("astrolabe ") in dict(leaves())


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("database.password must be a place; correct it and send the request again.", "--password-from must be a pl"),
        ("compose.env_files[…] must be a file; correct it and send the request again.", "--env-file must be a file;"),
        ("retry_for_seconds is wrong: expected int <= 1", "--retry-for is wrong"),
        ("database_service is no field", "database_service is no field"),
        ("target must be an exact semantic version", "target must be"),
        ("No instance is known as 'x'; GET /instances lists those there are.", "astrolabe instances lists those"),
    ],
)
def test_a_field_is_named_by_its_option(said: str, told: str) -> None:
    """What is wrong with a field is wrong with an option, and all else stays as it is."""
    assert told in worded("field-invalid", said)


def test_what_says_nothing_is_no_refusal() -> None:
    """Something else that answers is not taken for an Astrolabe."""
    assert refusal_of({}) is None
    told = {"Not here": {"title": "Not here"}}
    told[INSTEAD["token-missing"]] = {"type": "/problems/token-missing", "detail": "Send a header"}
    for sentence, problem in told.items():
        refused = refusal_of(problem)
        assert refused
        assert refused.format_message() == sentence


def test_what_fails_on_this_host_is_said_with_what_to_do() -> None:
    """A command has nothing to retry: what is typed again is the command."""
    failure = StepFailed("process-hidden", "Another user listens", todo="Run it as the user who does, then retry.")
    assert one_line(failure) == "Another user listens. Run it as the user who does."
    assert one_line(StepFailed("x", "npm said no")) == "npm said no"
