"""Upgrades: ask for one, watch it, cancel, retry, take it back."""

import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import click
from rich.console import Console

from astrolabe.cli.client import Client, path
from astrolabe.cli.commands.planning import loses
from astrolabe.cli.confirming import confirm, yes_option
from astrolabe.cli.failure import CommandError, CommandFailed
from astrolabe.cli.printing import answer, is_for_program, note, print_json
from astrolabe.cli.references import taken_back_id, upgrade_id
from astrolabe.cli.watching import UpgradeWatch
from astrolabe.domain.problem import advised
from astrolabe.domain.upgrades.sentences import seconds
from astrolabe.store.ids import new_id

NOTHING: Final[Mapping[str, str]] = MappingProxyType({})

reason_option = click.option("--reason", help="Why, for the audit trail.")
upgrade_argument = click.argument("upgrade")
detach_option = click.option("--detach", is_flag=True, help="Do not wait for the end.")


def with_reason(reason: str | None, **more: Any) -> dict[str, Any]:
    """Make a body, with a reason where one was given."""
    return {**more, **({"reason": reason} if reason else {})}


@click.command()
@click.argument("instance")
@click.argument("target")
@reason_option
@click.option("--acknowledge-breaking", multiple=True, help="A breaking release on the way that you know of.")
@click.option("--ticket", help="The ticket that it belongs to.")
@click.option("--impact", help="What it means for those who use the instance, for who approves it.")
@click.option("--emergency", is_flag=True, help="Run now, approved by nobody; somebody else must review it afterwards.")
@detach_option
@yes_option
def upgrade(
    instance: str,
    target: str,
    reason: str | None,
    *,
    acknowledge_breaking: tuple[str, ...],
    ticket: str | None,
    impact: str | None,
    emergency: bool,
    detach: bool,
    yes: bool,
) -> None:
    """Upgrade INSTANCE to TARGET, an exact version or latest."""
    client = Client.from_environment()
    more: dict[str, Any] = {"emergency": True} if emergency else {}
    more |= {name: said for name, said in (("ticket", ticket), ("impact", impact)) if said is not None}
    if acknowledge_breaking:
        more["acknowledge_breaking"] = list(acknowledge_breaking)
    body = with_reason(reason, instance=instance, target=target, **more)
    if not yes:
        confirm(loses(instance, client.post("/upgrades", {**body, "validate_only": True})), yes=yes)
    asked = client.post("/upgrades", body, key=new_id())
    if not detach:
        note(f"Upgrade {asked['id']}")
    after(client, asked, detach=detach)


@click.command()
@upgrade_argument
def watch(upgrade: str) -> None:
    """Watch an upgrade to its end."""
    client = Client.from_environment()
    finish(client, upgrade_id(client, upgrade))


UNTOUCHED = frozenset({"requested", "preflight", "awaiting_approval", "approved", "backup"})
"""The statuses in which an upgrade is cancelled at no cost."""


@click.command()
@upgrade_argument
@reason_option
@detach_option
@yes_option
def cancel(upgrade: str, reason: str | None, *, detach: bool, yes: bool) -> None:
    """Cancel an upgrade; once the instance has been stopped, this rolls it back."""
    client = Client.from_environment()
    found = client.get(path("upgrades", upgrade_id(client, upgrade)))
    if not found["done"] and found["status"] not in UNTOUCHED:
        confirm(f"It is at {found['status']}: the instance may be stopped, and is then rolled back.", yes=yes)
    asked = client.post(path("upgrades", found["id"], "cancel"), with_reason(reason), key=new_id())
    after(client, asked, ("cancelled", "rolled_back"), detach=detach)


@click.command()
@upgrade_argument
@reason_option
@detach_option
@yes_option
def retry(upgrade: str, reason: str | None, *, detach: bool, yes: bool) -> None:
    """Retry an upgrade that has ended, or the way back of an inconsistent instance."""
    client = Client.from_environment()
    found = client.get(path("upgrades", upgrade_id(client, upgrade)))
    what = f"{found['from_version']} → {found['to_version'] or found['target']}"
    confirm(f"{what} is tried again, and the instance is stopped meanwhile.", yes=yes)
    asked = client.post(path("upgrades", found["id"], "retry"), with_reason(reason), key=new_id())
    after(client, asked, ("succeeded", "rolled_back"), detach=detach)


ARRIVED = ("succeeded", "unwell")
"""How an upgrade ended that can be rolled back; a rollback that was refused leaves it so."""


@click.command()
@upgrade_argument
@click.option("--accept-lost-writes", is_flag=True, help="Go back although writes stay behind, kept aside.")
@reason_option
@yes_option
def rollback(upgrade: str, reason: str | None, *, accept_lost_writes: bool, yes: bool) -> None:
    """Take an upgrade back that succeeded, or that was found unwell after its cutover."""
    client = Client.from_environment()
    found = client.get(path("upgrades", taken_back_id(client, upgrade)))
    confirm(f"The instance goes back to {found['from_version']}, and is stopped meanwhile.", yes=yes)
    ended = _rollback(client, found["id"], reason, accept=accept_lost_writes)
    if ended["status"] in ARRIVED and not accept_lost_writes and sys.stdin.isatty():
        click.confirm("Leave these writes behind, in the database kept aside?", abort=True)
        ended = _rollback(client, found["id"], reason, accept=True)
    judge(ended, ("rolled_back",), dict.fromkeys(ARRIVED, "not rolled back"))


def _rollback(client: Client, identifier: str, reason: str | None, *, accept: bool) -> dict[str, Any]:
    where = path("upgrades", identifier)
    last = max((each["cursor"] or 0 for each in client.get(f"{where}/events")["items"]), default=0)
    client.post(f"{where}/rollback", with_reason(reason, accept_lost_writes=accept), key=new_id())
    ended = UpgradeWatch(client, identifier, Console(), last=str(last)).until_done()
    error = ended.get("error")
    if error and ended["status"] in ARRIVED:
        note("\n".join([error["detail"], *(f"  {line}" for line in error["seen"])]))
    return ended


def after(client: Client, asked: dict[str, Any], wanted: tuple[str, ...] = ("succeeded",), *, detach: bool) -> None:
    """Watch to its end what was asked for; or say at once how it stands, where nobody waits."""
    if detach:
        answer(asked, f"Upgrade {asked['id']} is {asked['status'].replace('_', ' ')}.")
    else:
        finish(client, asked["id"], wanted)


def finish(client: Client, identifier: str, wanted: tuple[str, ...] = ("succeeded",)) -> None:
    """Watch an upgrade to its end; raises CommandFailed or CommandError where that is none of those wanted."""
    judge(UpgradeWatch(client, identifier, Console()).until_done(), wanted)


def judge(operation: dict[str, Any], wanted: tuple[str, ...], instead: Mapping[str, str] = NOTHING) -> None:
    """Say how an upgrade ended; raises CommandFailed where that is none of those wanted.

    Raises CommandError where it was refused: `instead` is what that is called where it leaves the upgrade in another
    status.
    """
    error, result = operation.get("error"), operation.get("result")
    if is_for_program():
        print_json(operation)
    if operation["status"] in wanted:
        downtime = (
            f", downtime {seconds(result['downtime_ms'])}" if result and result["downtime_ms"] is not None else ""
        )
        note(f"{operation['status']}{downtime}")
        return
    detail = f": {advised(error['detail'], error['todo'])}" if error else ""
    status = str(operation["status"])
    refused = status in {"refused", *instead}
    raise (CommandError if refused else CommandFailed)(f"{instead.get(status, status)}{detail}")


COMMANDS = (upgrade, watch, cancel, retry, rollback)
