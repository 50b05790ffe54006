"""Rename: another name for an instance."""

from pathlib import PurePosixPath
from typing import Any

import click

from astrolabe.cli.client import Client, path
from astrolabe.cli.commands.upgrades import reason_option, with_reason
from astrolabe.cli.printing import answer, note
from astrolabe.store.ids import new_id

MEND = "move it into a folder of {name} and say so with astrolabe reconfigure {name}, or grant it on the host"


@click.command()
@click.argument("instance")
@click.argument("name")
@reason_option
def rename(instance: str, name: str, reason: str | None) -> None:
    """Rename an instance; its history is found under the new name, and the one that it had is free."""
    client = Client.from_environment()
    shown = client.get(path("instances", instance))
    renamed = client.post(path("instances", shown["id"], "rename"), with_reason(reason, name=name), key=new_id())
    for reference in _left_behind(shown):
        note(f"{name} may not use {reference}, which lies in a folder of {shown['name']}: {MEND.format(name=name)}")
    answer(renamed, f"{shown['name']} is {name} from here on; its former name is free.")


def _left_behind(shown: dict[str, Any]) -> list[str]:
    """Return the secrets that were the instance's own by the folder they are in."""
    password = (shown["database"] or {}).get("password")
    references = dict.fromkeys([*filter(None, [password]), *shown["secrets"].values()])
    return [each for each in references if shown["name"] in PurePosixPath(each.partition(":")[2]).parts[:-1]]


COMMANDS = (rename,)
