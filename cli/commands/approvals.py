"""Approvals: approve or reject somebody else's upgrade, review one that could not wait."""

from typing import Any

import click

from astrolabe.cli.client import Client, path
from astrolabe.cli.printing import answer
from astrolabe.store.ids import new_id

reason_option = click.option("--reason", required=True, help="Why, for the audit trail.")


def _say(upgrade_id: str, verb: str, body: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = Client.from_environment().post(path("upgrades", upgrade_id, verb), body, key=new_id())
    return found


@click.command()
@click.argument("upgrade_id")
@reason_option
def approve(upgrade_id: str, reason: str) -> None:
    """Approve the plan of an upgrade that somebody else asked for."""
    said = _say(upgrade_id, "approve", {"reason": reason})
    answer(said, str(said["status"]))


@click.command()
@click.argument("upgrade_id")
@reason_option
def reject(upgrade_id: str, reason: str) -> None:
    """Reject the plan of an upgrade; nothing is touched."""
    said = _say(upgrade_id, "reject", {"reason": reason})
    answer(said, str(said["status"]))


@click.command()
@click.argument("upgrade_id")
@click.argument("verdict", type=click.Choice(["accepted", "objected"]))
@reason_option
def review(upgrade_id: str, verdict: str, reason: str) -> None:
    """Review an emergency upgrade that somebody else ran."""
    answer(_say(upgrade_id, "review", {"verdict": verdict, "reason": reason}), verdict)


COMMANDS = (approve, reject, review)
