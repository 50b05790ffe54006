"""What every command prints, and how it ends: the page of commands is what they do."""

from collections.abc import Callable
from typing import NoReturn

import click
import pytest

from astrolabe.cli.exit_codes import MEANINGS, ExitCode
from astrolabe.cli.failure import CommandError, CommandFailed
from astrolabe.cli.main import SERVING, run
from astrolabe.cli.printing import add_output_option, answer, answer_list, note
from astrolabe.store.errors import StoreError
from tests.cli.commands_page import PAGE, leaves, page


def test_the_page_of_commands_is_what_they_say() -> None:
    """Every command and every exit code is there, as the code has it."""
    assert PAGE.read_text("utf-8") == page(), "run python -m tests.cli.commands_page"


@pytest.mark.parametrize("words", [words for words, _ in leaves() if words not in SERVING])
def test_every_command_can_print_json(words: str) -> None:
    """Whatever finds something takes --output json; what serves for ever has nothing to print."""
    command = dict(leaves())[words]
    (found,) = [each for each in command.params if "--output" in each.opts]
    assert isinstance(found.type, click.Choice)
    assert list(found.type.choices) == ["text", "json"]


def typed(*words: str) -> click.Command:
    """Return a command that prints something of each sort."""

    @click.command()
    def found() -> None:
        note("on the way")
        answer({"name": "flags"}, "flags, at large")
        answer_list([{"n": 1}, {"n": 2}], lambda rows: f"{len(rows)} rows")

    add_output_option(found)
    command = click.Command("typed", callback=lambda: found.main(list(words), standalone_mode=False))
    command.params = []
    return command


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        ((), "on the way\nflags, at large\n2 rows\n"),
        (("--output", "text"), "on the way\nflags, at large\n2 rows\n"),
        (("--output", "json"), '{"name": "flags"}\n{"n": 1}\n{"n": 2}\n'),
        (("--json",), '{"name": "flags"}\n{"n": 1}\n{"n": 2}\n'),
    ],
)
def test_json_is_one_value_a_line_and_nothing_else(
    words: tuple[str, ...], printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is said to a person on the way stays out of what a program reads."""
    typed(*words).main([], standalone_mode=False)
    assert capsys.readouterr().out == printed


def _raising(error: BaseException) -> Callable[[], NoReturn]:
    def end() -> NoReturn:
        raise error

    return end


ENDS = {
    ExitCode.DONE: lambda: None,
    ExitCode.UNWANTED: _raising(CommandFailed("it was rolled back")),
    ExitCode.REFUSED: _raising(CommandError("no such instance")),
    ExitCode.INTERRUPTED: _raising(KeyboardInterrupt()),
}


@pytest.mark.parametrize("code", ExitCode)
def test_each_exit_code_is_reached_and_explained(code: ExitCode, monkeypatch: pytest.MonkeyPatch) -> None:
    """No code is there that no command ends with, and none without its meaning."""
    monkeypatch.setattr("sys.argv", ["astrolabe"])
    with pytest.raises(SystemExit) as ended:
        run(click.Command("ends", callback=ENDS[code]))
    assert ended.value.code == code
    assert MEANINGS[code].endswith(".")


@pytest.mark.parametrize("error", [StoreError("two\nlines"), click.UsageError("two\nlines"), click.Abort()])
def test_an_end_is_told_in_one_line(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever ended a command, nothing but one line is on stderr, and no traceback."""
    monkeypatch.setattr("sys.argv", ["astrolabe"])
    with pytest.raises(SystemExit):
        run(click.Command("ends", callback=_raising(error)))
    assert len(capsys.readouterr().err.splitlines()) <= 1
