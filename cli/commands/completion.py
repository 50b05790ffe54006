"""Completion: what a shell reads to complete the words of commands."""

import click
from click.shell_completion import get_completion_class

from astrolabe.cli.printing import answer

VARIABLE = "_ASTROLABE_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print what completes commands and options in a shell; for bash: eval "$(astrolabe completion bash)"."""
    found = get_completion_class(shell)
    assert found is not None  # noqa: S101  click knows these three
    script = found(context.find_root().command, {}, "astrolabe", VARIABLE).source()
    answer({"shell": shell, "script": script}, script.strip())


COMMANDS = (completion,)
