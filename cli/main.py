"""The astrolabe command."""

import sys
from importlib.metadata import version

import click

from cli.commands import approvals, audit, instances, products, serving, tokens, up, upgrades, webhooks
from cli.failure import EXPECTED, one_line

INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("astrolabe"), prog_name="astrolabe")
def astrolabe() -> None:
    """Upgrade self-hosted services that keep their data in PostgreSQL, and know the way back."""


for _command in (
    *up.COMMANDS,
    *instances.COMMANDS,
    *upgrades.COMMANDS,
    *approvals.COMMANDS,
    *tokens.COMMANDS,
    *products.COMMANDS,
):
    astrolabe.add_command(_command)
for _command in (*webhooks.COMMANDS, *serving.COMMANDS, *audit.COMMANDS):
    astrolabe.add_command(_command)


def main() -> None:
    """Run a command: exit code 0 well, 1 ended badly, 2 cannot be done as asked, 130 interrupted."""
    try:
        code = astrolabe.main(standalone_mode=False)
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


if __name__ == "__main__":
    main()
