"""Planning: what an upgrade would do, and what people lose by it."""

import shlex
from typing import Any

import click

from astrolabe.cli.client import Client
from astrolabe.cli.printing import is_for_program, print_json
from astrolabe.cli.table import wrapped
from astrolabe.domain.upgrades.sentences import seconds


@click.command()
@click.argument("instance")
@click.argument("target")
@click.option("--acknowledge-breaking", multiple=True, help="A breaking release on the way that you know of.")
def plan(instance: str, target: str, *, acknowledge_breaking: tuple[str, ...]) -> None:
    """Show what an upgrade of INSTANCE to TARGET would do, and change nothing."""
    body = {"instance": instance, "target": target, "acknowledge_breaking": list(acknowledge_breaking)}
    found = Client.from_environment().post("/upgrades", {**body, "validate_only": True})
    if is_for_program():
        print_json(found)
    else:
        show_plan(instance, found)


def show_plan(instance: str, found: dict[str, Any]) -> None:
    """Print what an upgrade would do, for a person."""
    click.echo(f"{instance}: {' → '.join([found['from_version'], *found['legs']])}")
    show_releases(found)
    for each in found["cutovers"]:
        show_cutover(each)
    for step in found["steps"]:
        click.echo("\n" + wrapped(f"{step['step']}: {step['does']}", "  "))
        click.echo(wrapped(f"  may fail into: {step['may_fail_into']}", "    "))
        for command in found["commands"]:
            if command["step"] == step["step"]:
                click.echo(f"  $ {shlex.join(command['argv'])}")


def show_releases(plan: dict[str, Any]) -> None:
    """Print what the notes say of the way, and what is not known."""
    for each in plan["releases"]:
        marks = [word for word in ("breaking", "required_stop") if each[word]]
        click.echo(f"\n{each['version']}{' (' + ', '.join(marks).replace('_', ' ') + ')' if marks else ''}")
        for line in (each["notes"] or "no notes").splitlines():
            click.echo(wrapped(f"  {line}", "  "))
        if each["rollback"]:
            click.echo(wrapped(f"  going back: {each['rollback']}", "    "))
    for each in plan["migrations"]:
        says = "zero-downtime" if each["documented"] else "not zero-downtime"
        what = f"migration {each['type']}: documented as {says}; blocks {each['blocks']}: {each['why']}"
        click.echo(wrapped(what, "  "))
    if plan["breaking"] is None:
        unknown = "Nobody knows whether a release on the way is breaking: the product has no notes for it."
        click.echo("\n" + wrapped(unknown))
    click.echo(wrapped(f"approval: {plan['approval']}", "  "))
    click.echo(wrapped(f"ticket: {plan['ticket']}", "  "))


def show_cutover(outlook: dict[str, Any]) -> None:
    """Print how long nothing would answer with one way of cutover, and what could be lost."""
    chosen = ", as this instance is registered" if outlook["chosen"] else ""
    many = "1 upgrade" if outlook["upgrades"] == 1 else f"{outlook['upgrades']} upgrades"
    whose = {"instance": "this instance", "host": "others like it on this host", None: ""}[outlook["measured_on"]]
    measured = f"the median of {many} of {whose}" if whose else "never measured here"
    way = f"cutover {outlook['cutover']}{chosen}: downtime {seconds(outlook['downtime_ms'])}, {measured}"
    click.echo("\n" + wrapped(way, "  "))
    click.echo(wrapped(f"  may be lost: {outlook['may_lose']}", "    "))


def loses(instance: str, plan: dict[str, Any]) -> str:
    """Return what people lose by an upgrade, and for how long."""
    way = " → ".join([plan["from_version"], *plan["legs"]])
    chosen = next((each for each in plan["cutovers"] if each["chosen"]), None)
    if chosen is None:
        return f"{instance} goes {way}."
    many = seconds(chosen["downtime_ms"])
    downtime = "nobody knows how long: it was never measured here" if chosen["downtime_ms"] is None else f"about {many}"
    return f"{instance} goes {way} and is stopped meanwhile, {downtime}; approval: {plan['approval']}."


COMMANDS = (plan,)
