"""Confirming: asked before people lose service, and said beforehand where nobody can be asked."""

import sys
from collections.abc import Mapping

import click

from astrolabe.cli.failure import CommandError
from astrolabe.cli.printing import note
from astrolabe.domain.instances.secret_names import looks_secret

yes_option = click.option("--yes", is_flag=True, help="Do it without being asked; needed where nobody can be.")


def confirm(loses: str, *, yes: bool) -> None:
    """Say what people lose, and go on only where that is wanted; raises CommandError where nobody can be asked."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise CommandError(f"{loses} Nobody is here to ask: say --yes.")
    click.confirm(f"{loses} Go on?", abort=True, err=True)


def heed_secrets(settings: Mapping[str, str]) -> None:
    """Say which settings look like secrets before the log keeps them for ever, and ask where somebody can be asked."""
    if not (named := [name for name, value in settings.items() if looks_secret(name, value)]):
        return
    they = "It looks like a secret" if len(named) == 1 else "They look like secrets"
    said = (
        f"{they}: {', '.join(named)}. What is given with --set stays in the log for ever; "
        "what --secret NAME=file:/… names does not."
    )
    if sys.stdin.isatty():
        click.confirm(f"{said} Go on?", abort=True, err=True)
    else:
        note(said)
