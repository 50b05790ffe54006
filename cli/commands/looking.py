"""Looking: the instances there are, one of them, its history and its way back, now or at an earlier moment."""

from typing import Any

import click

from astrolabe.cli.client import Client, path
from astrolabe.cli.in_words import instance_in_words, point_in_words, standing
from astrolabe.cli.printing import answer, answer_list
from astrolabe.cli.table import moment, table

at_option = click.option("--at", help="As it stood at a position of the log, or at a time (RFC 3339).")


@click.command()
def instances() -> None:
    """List the instances."""
    answer_list(Client.from_environment().items("/instances"), _instances)


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
    rows = [(moment(each["recorded_at"]), each["actor"], each["type"], each["summary"]) for each in found]
    return table(("WHEN", "WHO", "EVENT", "WHAT HAPPENED"), rows)


@click.command("rollback-point")
@click.argument("instance")
@at_option
def rollback_point(instance: str, at: str | None) -> None:
    """Show what takes an instance back."""
    found = Client.from_environment().get(path("instances", instance, "rollback-point"), at=at)
    answer(found, lambda: point_in_words(found))


COMMANDS = (instances, show, history, rollback_point)
