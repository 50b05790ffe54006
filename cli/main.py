"""The astrolabe command."""

import sys
from importlib import import_module
from importlib.metadata import version
from typing import NoReturn

import click
from typing_extensions import override

from astrolabe.cli.exit_codes import ExitCode
from astrolabe.cli.failure import EXPECTED, one_line
from astrolabe.cli.lean import leave_out
from astrolabe.cli.printing import add_output_option

leave_out()

MODULES = {
    "approvals": ("approve", "reject", "review"),
    "audit": ("audit",),
    "instances": ("register", "adopt", "retire"),
    "looking": ("instances", "show", "history", "rollback-point", "upgrades", "output"),
    "holds": ("hold",),
    "following": ("events", "logs"),
    "completion": ("completion",),
    "contexts": ("login", "context"),
    "discover": ("discover",),
    "doctor": ("doctor",),
    "planning": ("plan",),
    "products": ("products",),
    "reconfiguring": ("reconfigure",),
    "renaming": ("rename",),
    "serving.api": ("api",),
    "serving.log": ("migrate", "first-token", "rebuild"),
    "serving.relay": ("relay",),
    "serving.witness": ("witness",),
    "serving.worker": ("worker",),
    "tokens": ("token",),
    "up": ("up",),
    "updates": ("updates",),
    "upgrades": ("upgrade", "watch", "cancel", "retry", "rollback"),
    "webhooks": ("webhook",),
    "notify": ("notify",),
}
"""The commands by the module that has them: one is loaded when it is asked for, with the libraries that it needs."""

SERVING = frozenset({"api", "relay", "up", "witness", "worker"})
"""The commands that serve until they are ended, and have nothing to print as JSON."""

HELP = "Usage: "
"""How the help of a group of commands begins, which it has instead of a message where none of them was typed."""


class Commands(click.Group):
    """All commands, each loaded when it is asked for."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name all commands."""
        return sorted(name for names in MODULES.values() for name in names)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name."""
        for module, names in MODULES.items():
            if cmd_name in names:
                found: tuple[click.Command, ...] = import_module(f"astrolabe.cli.commands.{module}").COMMANDS
                command = next(each for each in found if each.name == cmd_name)
                if cmd_name not in SERVING:
                    add_output_option(command)
                return command
        return None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("astrolabe-upgrades"), prog_name="astrolabe")
def astrolabe() -> None:
    """Upgrade self-hosted services that keep their data in PostgreSQL, and know the way back."""


def run(command: click.Command) -> NoReturn:
    """Run a command to its exit code."""
    try:
        code = command.main(prog_name=command.name, standalone_mode=False)
    except click.ClickException as error:
        said = error.format_message()
        # A usage error's own page of help would hide the one line that matters; a group alone has no such line.
        click.echo(said if said.startswith(HELP) else f"astrolabe: {' '.join(said.split())}", err=True)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(ExitCode.INTERRUPTED)
    except EXPECTED as error:
        click.echo(f"astrolabe: {one_line(error)}", err=True)
        sys.exit(ExitCode.REFUSED)
    sys.exit(code if isinstance(code, int) else ExitCode.DONE)


def main() -> NoReturn:
    """Run what a person typed after `astrolabe`."""
    run(astrolabe)


if __name__ == "__main__":
    main()
