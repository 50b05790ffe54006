"""Holds: have evidence kept beyond its retention, and lift that again."""

from typing import Any

import click

from astrolabe.cli.client import Client, path
from astrolabe.cli.failure import CommandError
from astrolabe.cli.printing import answer, answer_list
from astrolabe.cli.references import hold_id, upgrade_id
from astrolabe.cli.table import moment, short, table
from astrolabe.store.ids import new_id

required_reason = click.option("--reason", required=True, help="Why, for the audit trail.")
TIME = "2026-01-31T12:00:00Z"


@click.group()
def hold() -> None:
    """Keep the evidence of an instance, an upgrade or a period beyond its retention."""


@hold.command()
@click.option("--instance", help="Keep all evidence of this instance.")
@click.option("--upgrade", help="Keep the evidence of this upgrade.")
@click.option("--since", metavar="TIME", help=f"Keep that of all upgrades asked for from then on, such as {TIME}.")
@click.option("--until", metavar="TIME", help="The end of that period.")
@required_reason
def place(*, instance: str | None, upgrade: str | None, since: str | None, until: str | None, reason: str) -> None:
    """Let no retention discard any of it, until the hold is lifted."""
    client = Client.from_environment()
    if [instance, upgrade, since].count(None) != 2:  # noqa: PLR2004  one of three is given
        raise CommandError("Give one of --instance, --upgrade and --since.")
    asked: dict[str, Any] = {"reason": reason, "instance": instance, "since": since, "until": until}
    if upgrade is not None:
        asked["upgrade"] = upgrade_id(client, upgrade)
    made = client.post("/holds", {key: each for key, each in asked.items() if each is not None}, key=new_id())
    answer(made, f"Held until `astrolabe hold lift {short(made['id'])}`.")


@hold.command("list")
def list_holds() -> None:
    """List what must be kept, who says so, and why."""
    answer_list(
        Client.from_environment().get("/holds")["items"],
        lambda found: table(
            ("HOLD", "KEEPS", "BY", "SINCE", "REASON"),
            [
                (short(each["id"]), _keeps(each), each["placed_by"], moment(each["placed_at"]), each["reason"])
                for each in found
            ],
        ),
    )


def _keeps(each: dict[str, Any]) -> str:
    if each["instance_id"]:
        return f"instance {short(each['instance_id'])}"
    if each["upgrade_id"]:
        return f"upgrade {short(each['upgrade_id'])}"
    return f"{moment(each['since'])} to {moment(each['until']) if each['until'] else 'now'}"


@hold.command()
@click.argument("hold")
@required_reason
def lift(hold: str, reason: str) -> None:
    """Hold it no longer; what should have been discarded meanwhile is discarded now."""
    client = Client.from_environment()
    found = hold_id(client, hold)
    client.post(path("holds", found, "lift"), {"reason": reason}, key=new_id())
    answer({"id": found, "lifted": True}, "Lifted.")


COMMANDS = (hold,)
