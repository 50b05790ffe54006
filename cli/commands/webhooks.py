"""Webhooks: who is notified of what happens, and what became of it."""

from typing import Any

import click

from astrolabe.cli.client import Client, path
from astrolabe.cli.commands.upgrades import reason_option, with_reason
from astrolabe.cli.confirming import confirm, yes_option
from astrolabe.cli.printing import answer, answer_list
from astrolabe.cli.references import delivery_id
from astrolabe.cli.table import moment, pairs, short, table
from astrolabe.store.ids import new_id

named = click.argument("name")


@click.group()
def webhook() -> None:
    """Notify others of what happens; see docs/webhooks.md."""


@webhook.command()
@click.argument("name")
@click.argument("url")
@click.option("--type", "types", multiple=True, help="A type to be notified of, by default all; see webhook types.")
@click.option("--instance", "instances", multiple=True, help="An instance to be notified of, by default all.")
@click.option("--ordered", is_flag=True, help="Send an instance's next event only after the one before arrived.")
@reason_option
def add(
    name: str, url: str, *, types: tuple[str, ...], instances: tuple[str, ...], ordered: bool, reason: str | None
) -> None:
    """Notify a URL of what happens from here on, and print the secret that it verifies with."""
    client = Client.from_environment()
    config: dict[str, Any] = {"name": name, "url": url, "types": types, "instances": instances, "ordered": ordered}
    made = client.post("/webhooks", with_reason(reason, **config), key=new_id())
    secret = client.get(path("webhooks", made["id"], "secret"))
    answer(made | secret, secret["secret"])


@webhook.command("list")
def list_webhooks() -> None:
    """List the webhooks, and how their deliveries stand."""
    answer_list(
        Client.from_environment().get("/webhooks")["items"],
        lambda found: table(
            ("NAME", "STATE", "PENDING", "FAILED", "URL"),
            [(each["name"], _state(each), each["pending"], each["failed"], each["url"]) for each in found],
        ),
    )


def _state(each: dict[str, Any]) -> str:
    return f"disabled: {each['disabled']}" if each["disabled"] else "failing" if each["failing_since"] else "well"


@webhook.command()
@named
@click.option("--secret", is_flag=True, help="Show what it verifies with, too.")
def show(name: str, *, secret: bool) -> None:
    """Show a webhook."""
    client = Client.from_environment()
    shown = client.get(path("webhooks", name))
    if secret:
        shown |= client.get(path("webhooks", name, "secret"))
    answer(shown, lambda: pairs([(key, _said(value)) for key, value in shown.items() if key != "links"]))


def _said(value: object) -> object:
    """Return a value as a person reads it; a list that is empty names all."""
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "all"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


@webhook.command()
def types() -> None:
    """List the types of notifications."""
    answer_list(
        Client.from_environment().get("/webhooks/types")["items"],
        lambda found: table(("TYPE", "MEANS"), [(each["type"], each["description"]) for each in found]),
    )


@webhook.command()
@named
@click.option("--overlap-hours", default=24, show_default=True, help="How long the old secret signs too.")
@reason_option
def rotate(name: str, overlap_hours: int, reason: str | None) -> None:
    """Replace a webhook's secret, and print the new one."""
    client = Client.from_environment()
    body = with_reason(reason, overlap_hours=overlap_hours)
    client.post(path("webhooks", name, "rotate-secret"), body, key=new_id())
    secret = client.get(path("webhooks", name, "secret"))
    answer(secret, secret["secret"])


@webhook.command()
@named
@click.option("--state", type=click.Choice(["pending", "delivered", "failed"]), help="Only those in this state.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000), help="How many.")
def deliveries(name: str, state: str | None, limit: int) -> None:
    """List a webhook's deliveries, the newest first."""
    page = Client.from_environment().get(path("webhooks", name, "deliveries"), state=state, limit=limit)
    answer_list(
        page["items"],
        lambda found: table(
            ("WHEN", "DELIVERY", "TYPE", "STATE", "ATTEMPTS"),
            [
                (moment(each["occurred_at"]), short(each["id"]), each["type"], each["state"], each["attempts"])
                for each in found
            ],
        ),
    )


@webhook.command()
@named
@click.argument("delivery")
def attempts(name: str, delivery: str) -> None:
    """Show what came of each attempt of a delivery."""
    client = Client.from_environment()
    shown = client.get(path("webhooks", name, "deliveries", delivery_id(client, name, delivery)))
    due = f", next at {moment(shown['due_at'])}" if shown["state"] == "pending" else ""
    rows = [
        (moment(each["at"]), each["status"] or "none", f"{each['latency_ms']} ms", each["response"])
        for each in shown["tried"]
    ]
    ended = f"{shown['type']} is {shown['state']}{due}"
    answer(shown, lambda: "\n".join(filter(None, (table(("WHEN", "STATUS", "TOOK", "ANSWER"), rows), ended))))


@webhook.command()
@named
@click.argument("delivery", required=False)
@click.option("--since", help="Those of events since this time (RFC 3339).")
@click.option("--until", help="Those of events before this time (RFC 3339).")
@click.option("--delivered", is_flag=True, help="Also those that arrived.")
def redeliver(name: str, delivery: str | None, since: str | None, until: str | None, *, delivered: bool) -> None:
    """Send one delivery again, or without one those that failed."""
    client = Client.from_environment()
    if delivery:
        found = delivery_id(client, name, delivery)
        again = client.post(path("webhooks", name, "deliveries", found, "redeliver"), {})
        answer(again, "It is sent again.")
        return
    times = {word: value for word, value in (("since", since), ("until", until)) if value}
    many = client.post(path("webhooks", name, "recover"), {**times, "delivered": delivered})
    answer(many, f"{many['deliveries']} deliveries are sent again.")


@webhook.command("test")
@named
def send_ping(name: str) -> None:
    """Send a ping."""
    made = Client.from_environment().post(path("webhooks", name, "test"), {}, key=new_id())
    answer(made, f"Delivery {made['id']} is on its way; see astrolabe webhook deliveries {name}.")


def _verb(verb: str, sentence: str, said: str) -> click.Command:
    @named
    @reason_option
    def carry_out(name: str, reason: str | None) -> None:
        now = Client.from_environment().post(path("webhooks", name, verb), with_reason(reason), key=new_id())
        answer(now, f"{name} is {said}.")

    return click.command(verb, help=sentence)(carry_out)


webhook.add_command(_verb("enable", "Send what was kept for a webhook, and what comes.", "enabled"))
webhook.add_command(_verb("disable", "Send nothing to a webhook; what happens is kept for it.", "disabled"))


@webhook.command()
@named
@reason_option
@yes_option
def remove(name: str, reason: str | None, *, yes: bool) -> None:
    """Forget a webhook, and what was kept for it."""
    client = Client.from_environment()
    shown = client.get(path("webhooks", name))
    confirm(f"{shown['url']} gets nothing more, and what is kept for it is gone.", yes=yes)
    client.post(path("webhooks", name, "remove"), with_reason(reason), key=new_id())
    answer({"name": shown["name"], "removed": True}, f"{name} is removed.")


COMMANDS = (webhook,)
