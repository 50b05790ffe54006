"""Doctor: is all here that Astrolabe needs."""

from pathlib import Path

import click

from astrolabe.cli import options
from astrolabe.cli.checkup import Finding, checkup
from astrolabe.cli.failure import CommandFailed
from astrolabe.cli.printing import answer_list
from astrolabe.cli.servers.folder import default_path
from astrolabe.cli.table import table


@click.command()
@options.data
def doctor(data: Path | None) -> None:
    """Look whether this host has what Astrolabe needs: tools, versions, space, ports, rights.

    Exit code 0: it has. 1: something that everyone needs is missing, and is named.
    """
    found = list(checkup((data or default_path()).absolute()))
    answer_list(found, _in_words)
    if missing := [each.name for each in found if not each.ok and not each.optional]:
        raise CommandFailed(f"Not all is here: {', '.join(missing)}.")


def _in_words(found: list[Finding]) -> str:
    rows = [(_mark(each), each.name, each.seen, each.todo) for each in found]
    return table(("STATE", "WHAT", "SEEN", "TO DO"), rows)


def _mark(finding: Finding) -> str:
    return "ok" if finding.ok else "without" if finding.optional else "MISSING"


COMMANDS = (doctor,)
