"""Looking: instances and upgrades, one instance, its history and its way back, now or at an earlier moment."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from astrolabe.cli.client import Client, path
from astrolabe.cli.in_words import instance_in_words, point_in_words, standing
from astrolabe.cli.printing import answer, answer_list, is_for_program, print_json
from astrolabe.cli.table import fits, moment, short, table, wrapped
from astrolabe.domain.recorded import NO_REASON
from astrolabe.domain.upgrades.sentences import seconds

F = TypeVar("F", bound=Callable[..., Any])

at_option = click.option("--at", help="As it stood at a position of the log, or at a time (RFC 3339).")


def filtered(command: F) -> F:
    """Add the options that leave something out of a list."""
    for option in (
        click.option("--needs", type=click.Choice(["approval", "repair"]), help="Only what waits for a person."),
        click.option("--label", help="Only of instances with this label, such as team=payments; several after commas."),
        click.option("--host", help="Only on this host."),
        click.option("--product", help="Only of this product."),
        click.option("--status", help="Only what stands so, such as idle or awaiting_approval."),
    ):
        command = option(command)
    return command


@click.command()
@filtered
def instances(**only: str | None) -> None:
    """List the instances."""
    answer_list(Client.from_environment().items("/instances", **only), _instances)


def _instances(found: list[dict[str, Any]]) -> str:
    rows = [(each["name"], each["product"], each["version"] or "?", each["host"], standing(each)) for each in found]
    return table(("NAME", "PRODUCT", "VERSION", "HOST", "STATUS"), rows)


@click.command()
@click.argument("instance")
@at_option
def show(instance: str, at: str | None) -> None:
    """Show an instance as it is now, or as it stood at an earlier moment."""
    found = Client.from_environment().get(path("instances", instance), at=at)
    answer(found, lambda: instance_in_words(found))


@click.command()
@click.argument("instance")
@at_option
def history(instance: str, at: str | None) -> None:
    """Show everything that happened to an instance, who asked for it, and why."""
    answer_list(Client.from_environment().items(path("instances", instance, "history"), at=at), events_in_words)


def events_in_words(found: list[dict[str, Any]]) -> str:
    """Lay out events, one a row."""
    rows = [(moment(each["recorded_at"]), each["actor"], each["type"], _with_reason(each)) for each in found]
    headers = ("WHEN", "WHO", "EVENT", "WHAT HAPPENED")
    # One long word, such as a digest, would take each event apart.
    return table(headers, rows) if fits(headers, rows) else "\n".join(map(event_in_words, found))


def event_in_words(each: dict[str, Any]) -> str:
    """Say one event, as one that comes after others."""
    return f"{moment(each['recorded_at'])}  {each['actor']}  {each['type']}\n{wrapped('  ' + _with_reason(each), '  ')}"


def _with_reason(each: dict[str, Any]) -> str:
    """Say an event, and why, where it is the one that somebody asked for: a worker's carry the same reason on."""
    if each["source"].startswith("worker") or each["reason"] == NO_REASON:
        return str(each["summary"])
    return "; ".join(filter(None, (each["summary"], f"reason: {each['reason']}")))


@click.command("rollback-point")
@click.argument("instance")
@at_option
def rollback_point(instance: str, at: str | None) -> None:
    """Show what takes an instance back."""
    found = Client.from_environment().get(path("instances", instance, "rollback-point"), at=at)
    answer(found, lambda: point_in_words(found))


@click.command()
@click.argument("instance", required=False)
@filtered
@click.option("--ticket", help="Only those that were asked for with this ticket.")
def upgrades(instance: str | None, **only: str | None) -> None:
    """List upgrades, the newest first."""
    client = Client.from_environment()
    instance_id = client.get(path("instances", instance))["id"] if instance else None
    answer_list(client.items("/upgrades", instance=instance_id, **only), _upgrades)


def _upgrades(found: list[dict[str, Any]]) -> str:
    rows = [
        (
            short(each["upgrade_id"]),
            moment(each["requested_at"]),
            f"{each['from_version']} → {each['to_version'] or each['target']}",
            each["status"],
            "" if each["downtime_ms"] is None else seconds(each["downtime_ms"]),
        )
        for each in found
    ]
    return table(("UPGRADE", "ASKED FOR", "VERSIONS", "STATUS", "DOWNTIME"), rows)


@click.command()
@click.argument("sha256")
def output(sha256: str) -> None:
    """Print the full output of a command, by the SHA-256 that an event names."""
    text = Client.from_environment().text(path("outputs", sha256))
    if is_for_program():
        print_json({"sha256": sha256, "text": text})
    else:
        click.echo(text, nl=False)


COMMANDS = (instances, show, history, rollback_point, upgrades, output)
