"""The astrolabe command."""

import sys
from importlib import import_module
from importlib.metadata import version
from typing import NoReturn

import click
from typing_extensions import override

from astrolabe.cli.commands import approvals, audit, instances, products, tokens, upgrades, webhooks
from astrolabe.cli.failure import EXPECTED, one_line

INTERRUPTED = 130

HEAVY = {
    "astrolabe.cli.commands.serving.api": ("api",),
    "astrolabe.cli.commands.serving.relay": ("relay",),
    "astrolabe.cli.commands.serving.worker": ("worker",),
    "astrolabe.cli.commands.serving.log": ("migrate", "first-token", "rebuild"),
    "astrolabe.cli.commands.up": ("up",),
}
"""Commands that need a server's libraries, which take longer to load than most others take to run."""


class Commands(click.Group):
    """All commands; the heavy ones are loaded when they are asked for."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name all commands."""
        return sorted([*super().list_commands(ctx), *(name for names in HEAVY.values() for name in names)])

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name."""
        for module, names in HEAVY.items():
            if cmd_name in names:
                found: tuple[click.Command, ...] = import_module(module).COMMANDS
                return next(each for each in found if each.name == cmd_name)
        return super().get_command(ctx, cmd_name)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("astrolabe-upgrades"), prog_name="astrolabe")
def astrolabe() -> None:
    """Upgrade self-hosted services that keep their data in PostgreSQL, and know the way back."""


for _command in (
    *instances.COMMANDS,
    *upgrades.COMMANDS,
    *approvals.COMMANDS,
    *tokens.COMMANDS,
    *products.COMMANDS,
    *audit.COMMANDS,
    *webhooks.COMMANDS,
):
    astrolabe.add_command(_command)


def run(command: click.Command) -> NoReturn:
    """Run a command: exit code 0 well, 1 ended badly, 2 cannot be done as asked, 130 interrupted."""
    try:
        code = command.main(prog_name=command.name, standalone_mode=False)
    except click.ClickException as error:
        # A usage error's own page of help would hide the one line that matters.
        click.echo(f"astrolabe: {error.format_message()}", err=True)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(INTERRUPTED)
    except EXPECTED as error:
        click.echo(f"astrolabe: {one_line(error)}", err=True)
        sys.exit(2)
    sys.exit(code if isinstance(code, int) else 0)


def main() -> NoReturn:
    """Run what a person typed after `astrolabe`."""
    run(astrolabe)
