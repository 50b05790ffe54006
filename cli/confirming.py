"""Confirming: asked before people lose service, and said beforehand where nobody can be asked."""

import sys

import click

from astrolabe.cli.failure import CommandError

yes_option = click.option("--yes", is_flag=True, help="Do it without being asked; needed where nobody can be.")


def confirm(loses: str, *, yes: bool) -> None:
    """Say what people lose, and go on only where that is wanted; raises CommandError where nobody can be asked."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise CommandError(f"{loses} Nobody is here to ask: say --yes.")
    click.confirm(f"{loses} Go on?", abort=True, err=True)
