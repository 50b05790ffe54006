"""Printing: what a command found, as text for a person or as JSON for a program."""

import json
from collections.abc import Callable, Iterable
from typing import Any, Final

import click
import msgspec

_FORMAT: Final = f"{__name__}.format"


def _choose(context: click.Context, _option: click.Parameter, chosen: str | bool | None) -> None:
    if chosen:
        context.meta[_FORMAT] = "json" if chosen is True else chosen


def add_output_option(command: click.Command) -> None:
    """Let a command, and each below it, be asked for JSON."""
    if isinstance(command, click.Group):
        for each in command.commands.values():
            add_output_option(each)
        if not command.invoke_without_command:
            return
    if any("--output" in each.opts for each in command.params):
        return
    text = "Print text, or JSON: one value a line, for a list one item a line."
    formats = click.Choice(["text", "json"])
    # Names of their own, for a command may have a parameter of the same name.
    words, flag = ["--output", "_output_format"], ["--json", "_json_format"]
    command.params += [
        click.Option(words, type=formats, expose_value=False, callback=_choose, show_default="text", help=text),
        click.Option(flag, is_flag=True, expose_value=False, callback=_choose, help="Short for --output json."),
    ]


def is_for_program() -> bool:
    """Return whether the command was asked for JSON."""
    context = click.get_current_context(silent=True)
    return context is not None and context.meta.get(_FORMAT) == "json"


def answer(found: Any, text: str | Callable[[], str]) -> None:
    """Print what a command found: as one line of JSON, or else as a text, made only where it is wanted."""
    if is_for_program():
        print_json(found)
    elif shown := text if isinstance(text, str) else text():
        click.echo(shown)


def answer_list(found: Iterable[Any], text: Callable[[list[Any]], str]) -> None:
    """Print a list: each item as one line of JSON as soon as it is there, or else all of them as a text."""
    if is_for_program():
        for each in found:
            print_json(each)
    elif shown := text(list(found)):
        click.echo(shown)


def print_json(found: Any) -> None:
    """Print one line of JSON."""
    click.echo(json.dumps(msgspec.to_builtins(found), ensure_ascii=False))


def aside(sentence: str) -> None:
    """Say on stderr what is no answer, such as what is waited for, whoever asked."""
    click.echo(sentence, err=True)


def note(sentence: str) -> None:
    """Say something on the way to a person; a program gets only what was found."""
    if not is_for_program():
        click.echo(sentence)
