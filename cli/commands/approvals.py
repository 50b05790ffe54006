"""Approvals: approve or reject somebody else's upgrade, review one that could not wait."""

from typing import Any

import click

from astrolabe.cli.client import Client, path
from astrolabe.cli.commands.upgrades import upgrade_argument
from astrolabe.cli.confirming import confirm, yes_option
from astrolabe.cli.printing import answer
from astrolabe.cli.references import upgrade_id
from astrolabe.store.ids import new_id

reason_option = click.option("--reason", required=True, help="Why, for the audit trail.")


def _say(upgrade: str, verb: str, body: dict[str, Any], *, loses: str = "", yes: bool = False) -> dict[str, Any]:
    client = Client.from_environment()
    found = upgrade_id(client, upgrade)
    if loses:
        confirm(loses.format(found), yes=yes)
    said: dict[str, Any] = client.post(path("upgrades", found, verb), body, key=new_id())
    return said


@click.command()
@upgrade_argument
@reason_option
@yes_option
def approve(upgrade: str, reason: str, *, yes: bool) -> None:
    """Approve the plan of an upgrade that somebody else asked for."""
    loses = "Once all have approved, upgrade {} runs at once, and its instance is stopped meanwhile."
    said = _say(upgrade, "approve", {"reason": reason}, loses=loses, yes=yes)
    answer(said, str(said["status"]))


@click.command()
@upgrade_argument
@reason_option
def reject(upgrade: str, reason: str) -> None:
    """Reject the plan of an upgrade; nothing is touched."""
    said = _say(upgrade, "reject", {"reason": reason})
    answer(said, str(said["status"]))


@click.command()
@upgrade_argument
@click.argument("verdict", type=click.Choice(["accepted", "objected"]))
@reason_option
def review(upgrade: str, verdict: str, reason: str) -> None:
    """Review an emergency upgrade that somebody else ran."""
    answer(_say(upgrade, "review", {"verdict": verdict, "reason": reason}), verdict)


COMMANDS = (approve, reject, review)
