"""Upgrades: plan, ask for one, watch it, cancel, retry, take it back."""

import shlex
import sys
from typing import Any

import click
from rich.console import Console

from astrolabe.cli.client import Client, path
from astrolabe.cli.failure import CommandFailed
from astrolabe.cli.printing import answer_list, is_for_program, note, print_json
from astrolabe.cli.table import moment, short, table
from astrolabe.cli.watching import UpgradeWatch
from astrolabe.domain.upgrades.sentences import seconds
from astrolabe.store.ids import new_id

reason_option = click.option("--reason", help="Why, for the audit trail.")
detach_option = click.option("--detach", is_flag=True, help="Do not wait for the end.")


def with_reason(reason: str | None, **more: Any) -> dict[str, Any]:
    """Make a body, with a reason where one was given."""
    return {**more, **({"reason": reason} if reason else {})}


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
        click.echo(f"\n{step['step']}: {step['does']}\n  may fail into: {step['may_fail_into']}")
        for command in found["commands"]:
            if command["step"] == step["step"]:
                click.echo(f"  $ {shlex.join(command['argv'])}")


def show_releases(plan: dict[str, Any]) -> None:
    """Print what the notes say of the way, and what is not known."""
    for each in plan["releases"]:
        marks = [word for word in ("breaking", "required_stop") if each[word]]
        click.echo(f"\n{each['version']}{' (' + ', '.join(marks).replace('_', ' ') + ')' if marks else ''}")
        for line in (each["notes"] or "no notes").splitlines():
            click.echo(f"  {line}")
        if each["rollback"]:
            click.echo(f"  going back: {each['rollback']}")
    for each in plan["migrations"]:
        says = "zero-downtime" if each["documented"] else "not zero-downtime"
        click.echo(f"migration {each['type']}: documented as {says}; blocks {each['blocks']}: {each['why']}")
    if plan["breaking"] is None:
        click.echo("\nNobody knows whether a release on the way is breaking: the product has no notes for it.")
    click.echo(f"approval: {plan['approval']}")


def show_cutover(outlook: dict[str, Any]) -> None:
    """Print how long nothing would answer with one way of cutover, and what could be lost."""
    chosen = ", as this instance is registered" if outlook["chosen"] else ""
    many = "1 upgrade" if outlook["upgrades"] == 1 else f"{outlook['upgrades']} upgrades"
    whose = {"instance": "this instance", "host": "others like it on this host", None: ""}[outlook["measured_on"]]
    measured = f"the median of {many} of {whose}" if whose else "never measured here"
    click.echo(f"\ncutover {outlook['cutover']}{chosen}: downtime {seconds(outlook['downtime_ms'])}, {measured}")
    click.echo(f"  may be lost: {outlook['may_lose']}")


@click.command()
@click.argument("instance")
@click.argument("target")
@reason_option
@click.option("--acknowledge-breaking", multiple=True, help="A breaking release on the way that you know of.")
@click.option("--emergency", is_flag=True, help="Run now, approved by nobody; somebody else must review it afterwards.")
@detach_option
def upgrade(
    instance: str,
    target: str,
    reason: str | None,
    *,
    acknowledge_breaking: tuple[str, ...],
    emergency: bool,
    detach: bool,
) -> None:
    """Upgrade INSTANCE to TARGET, an exact version or latest."""
    client = Client.from_environment()
    more: dict[str, Any] = {"emergency": True} if emergency else {}
    if acknowledge_breaking:
        more["acknowledge_breaking"] = list(acknowledge_breaking)
    asked = client.post("/upgrades", with_reason(reason, instance=instance, target=target, **more), key=new_id())
    note(f"Upgrade {asked['id']}")
    after(client, asked, detach=detach)


@click.command()
@click.argument("upgrade_id")
def watch(upgrade_id: str) -> None:
    """Watch an upgrade to its end."""
    finish(Client.from_environment(), upgrade_id)


@click.command()
@click.argument("upgrade_id")
@reason_option
@detach_option
def cancel(upgrade_id: str, reason: str | None, *, detach: bool) -> None:
    """Cancel an upgrade; once the instance has been stopped, this rolls it back."""
    client = Client.from_environment()
    asked = client.post(path("upgrades", upgrade_id, "cancel"), with_reason(reason), key=new_id())
    after(client, asked, ("cancelled", "rolled_back"), detach=detach)


@click.command()
@click.argument("upgrade_id")
@reason_option
@detach_option
def retry(upgrade_id: str, reason: str | None, *, detach: bool) -> None:
    """Retry an upgrade that has ended, or the way back of an inconsistent instance."""
    client = Client.from_environment()
    asked = client.post(path("upgrades", upgrade_id, "retry"), with_reason(reason), key=new_id())
    after(client, asked, ("succeeded", "rolled_back"), detach=detach)


ARRIVED = ("succeeded", "unwell")
"""How an upgrade ended that can be rolled back; a rollback that was refused leaves it so."""


@click.command()
@click.argument("upgrade_id")
@click.option("--accept-lost-writes", is_flag=True, help="Go back although writes stay behind, kept aside.")
@reason_option
def rollback(upgrade_id: str, reason: str | None, *, accept_lost_writes: bool) -> None:
    """Take an upgrade back that succeeded, or that was found unwell after its cutover."""
    client = Client.from_environment()
    ended = _rollback(client, upgrade_id, reason, accept=accept_lost_writes)
    if ended["status"] in ARRIVED and not accept_lost_writes and sys.stdin.isatty():
        click.confirm("Leave these writes behind, in the database kept aside?", abort=True)
        ended = _rollback(client, upgrade_id, reason, accept=True)
    judge(ended, ("rolled_back",))


def _rollback(client: Client, upgrade_id: str, reason: str | None, *, accept: bool) -> dict[str, Any]:
    where = path("upgrades", upgrade_id)
    last = max((each["position"] or 0 for each in client.get(f"{where}/events")["items"]), default=0)
    client.post(f"{where}/rollback", with_reason(reason, accept_lost_writes=accept), key=new_id())
    ended = UpgradeWatch(client, upgrade_id, Console(), last=str(last)).until_done()
    error = ended.get("error")
    if error and ended["status"] in ARRIVED:
        note("\n".join([error["detail"], *(f"  {line}" for line in error["seen"])]))
    return ended


def after(client: Client, asked: dict[str, Any], wanted: tuple[str, ...] = ("succeeded",), *, detach: bool) -> None:
    """Watch to its end what was asked for; or say at once how it stands, where nobody waits."""
    if not detach:
        finish(client, asked["id"], wanted)
    elif is_for_program():
        print_json(asked)


def finish(client: Client, upgrade_id: str, wanted: tuple[str, ...] = ("succeeded",)) -> None:
    """Watch an upgrade to its end; raises CommandFailed where that is none of those wanted."""
    judge(UpgradeWatch(client, upgrade_id, Console()).until_done(), wanted)


def judge(operation: dict[str, Any], wanted: tuple[str, ...]) -> None:
    """Say how an upgrade ended; raises CommandFailed where that is none of those wanted."""
    error, result = operation.get("error"), operation.get("result")
    if is_for_program():
        print_json(operation)
    if operation["status"] in wanted:
        downtime = (
            f", downtime {seconds(result['downtime_ms'])}" if result and result["downtime_ms"] is not None else ""
        )
        note(f"{operation['status']}{downtime}")
        return
    detail = f": {error['detail']} {error['todo']}" if error else ""
    raise CommandFailed(f"{operation['status']}{detail}")


@click.command()
@click.argument("instance", required=False)
def upgrades(instance: str | None) -> None:
    """List upgrades, the newest first."""
    client = Client.from_environment()
    instance_id = client.get(path("instances", instance))["id"] if instance else None
    answer_list(client.items("/upgrades", instance=instance_id), _upgrades)


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


COMMANDS = (plan, upgrade, watch, cancel, retry, rollback, upgrades, output)
