"""The page of commands: `python -m tests.cli.commands_page` writes docs/commands.md."""

from collections.abc import Iterator
from pathlib import Path

import click

from astrolabe.cli.exit_codes import MEANINGS
from astrolabe.cli.main import SERVING, astrolabe

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"

INTRODUCTION = """\
# Commands

Written from the code by `python -m tests.cli.commands_page`; a test compares the two.

`astrolabe COMMAND --help` says which words and options a command takes.

## What is printed

On a terminal, lists are tables that fit it. Into a file or a program, each row is one line without a header, with
whole ids.

`--output json`, or `--json` for short, prints one JSON value a line instead: for a list one item a line, for a command
that follows something each event as it comes and at last what became of it. What the API knows has the fields that
[the API](api.md) describes. Refusals and what is wrong are one line on stderr, in either form.

`tests/cli/transcripts` shows what each command prints, at a terminal of 80 columns and piped, as a test sees it;
`TRANSCRIBE=1 pytest tests/cli/test_transcripts.py` writes both anew.

## Exit codes

| code | means |
|---|---|
"""


def leaves(group: click.Group = astrolabe, before: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Return each command that does something, by the words that it is typed with."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command
        words = (*before, name)
        if not isinstance(command, click.Group):
            yield " ".join(words), command
            continue
        if command.invoke_without_command:
            yield " ".join(words), command
        yield from leaves(command, words)


def page() -> str:
    """Return the page as it must be."""
    codes = "".join(f"| {code.value} | {means} |\n" for code, means in MEANINGS.items())
    commands = "".join(f"| `astrolabe {words}` | {_sentence(command)} |\n" for words, command in leaves())
    serving = ", ".join(f"`{name}`" for name in sorted(SERVING))
    return (
        f"{INTRODUCTION}{codes}\n## All commands\n\n"
        f"{serving} serve until they are ended, and print no JSON; all others do.\n\n"
        f"| command | does |\n|---|---|\n{commands}"
    )


def _sentence(command: click.Command) -> str:
    return " ".join((command.help or "").partition("\n\n")[0].split())


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
